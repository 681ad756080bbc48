// Where things are beside the running program: from a bundle in apps/iotronic/dist and from the sources alike.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Bug } from "@s4t/kit";

const findRoot = (): string => {
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  )
    if (existsSync(join(folder, "apps", "iotronic", "package.json"))) return folder;
  throw new Bug("the program does not stand in its repository");
};

/** Root of the installation. */
export const root = findRoot();
/** The built portal. */
export const portalFolder = join(root, "apps/portal/dist");
/** The agent as one file. */
export const agentBundle = join(root, "apps/lightning-rod/dist/main.js");
/** What the agent opens terminals with, for boards of this machine's kind. It may not be there: then boards have no shell. */
export const terminalModule = join(
  root,
  `node_modules/@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`,
);
/** Simulated boards as one file. */
export const simulatorBundle = join(root, "apps/simulator/dist/main.js");
