// Programs of the house that the command line starts: found beside it in the checkout, run by the same Node.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "@s4t/sdk";

const findRoot = (): string => {
  for (
    let folder = dirname(fileURLToPath(import.meta.url));
    folder !== dirname(folder);
    folder = dirname(folder)
  )
    if (existsSync(join(folder, "s4t")) && existsSync(join(folder, "apps"))) return folder;
  throw fail("config.invalid", {
    setting: "s4t",
    because: "this program does not stand in its checkout",
  });
};

/** Runs a program of the house to its end, in this terminal; answers its exit code. */
export const runHouseProgram = (
  name: "iotronic" | "lightning-rod",
  args: readonly string[],
): Promise<number> => {
  const bundle = join(findRoot(), "apps", name, "dist/main.js");
  if (!existsSync(bundle))
    throw fail("config.invalid", { setting: name, because: "it is not built: npm run build" });
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", bundle, ...args],
      { stdio: "inherit" },
    );
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) process.on(signal, pass);
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal ? 0 : 1)));
  });
};
