// The Nodes that boards may have: the oldest that the agent promises, the long-term release between, and our own.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root, runProgram } from "../repository.ts";

/** Releases that the agent is tried on besides the one that runs this. */
export const triedRuntimes: readonly string[] = ["20.19.0", "24.21.0"];
const home = join(root, ".cache", "runtimes");

/** The Node of a release, once it was brought. */
export const runtimePath = (release: string): string =>
  join(home, release, "node_modules", `node-linux-${process.arch}`, "bin", "node");

/** Brings those that are missing: packages of the registry that hold the binary. */
export const bringRuntimes = async (say: (line: string) => void): Promise<void> => {
  for (const release of triedRuntimes) {
    if (existsSync(runtimePath(release))) continue;
    say(`Bringing Node ${release} …`);
    const folder = join(home, release);
    mkdirSync(folder, { recursive: true });
    const { code, output } = await runProgram(
      "npm",
      [
        ...["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund"],
        `node-linux-${process.arch}@${release}`,
      ],
      { cwd: folder, output: "quiet" },
    );
    if (code !== 0) say(output.slice(-1_000));
  }
};
