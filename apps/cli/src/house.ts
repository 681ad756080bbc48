// Programs of the house that the command line starts: found beside it in the checkout, run by the same Node.
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
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

/** Node's arguments for a program: its bundle, or its sources where it was never built. */
const programArguments = (name: HouseProgram): readonly string[] => {
  const root = findRoot();
  // Whoever starts the cloud wants everything fresh that it serves: the same door as `npm start`.
  if (name === "iotronic") return [join(root, "scripts/bootstrap.mjs"), "start"];
  const folder = programFolders[name] ?? `apps/${name}/dist`;
  const bundle = join(root, folder, "main.js");
  const quiet = "--disable-warning=ExperimentalWarning";
  return existsSync(bundle)
    ? [quiet, bundle]
    : [
        "--conditions=source",
        quiet,
        join(root, programSources[name] ?? `apps/${name}/src/main.ts`),
      ];
};

type HouseProgram = "iotronic" | "lightning-rod" | "simulator" | "router";

/** Programs that do not stand in `apps/`: the router is a library's own, for whoever installs that alone. */
const programFolders: Partial<Record<HouseProgram, string>> = {
  router: "packages/wamp/dist/program",
};
const programSources: Partial<Record<HouseProgram, string>> = {
  router: "packages/wamp/src/node/standalone/main.ts",
};

const signals = ["SIGTERM", "SIGHUP", "SIGINT"] as const;

/** The value of `--data` made absolute: the program may run in another working directory. */
export const withAbsoluteFolders = (args: readonly string[], cwd: string): string[] =>
  args.map((value, i) => {
    if (args[i - 1] === "--data" || args[i - 1] === "--config") return resolve(cwd, value);
    const [flag] = /^--(data|config)=/.exec(value) ?? [];
    return flag ? `${flag}${resolve(cwd, value.slice(flag.length))}` : value;
  });

/** Starts a program of the house. */
export const spawnHouseProgram = (
  name: HouseProgram,
  args: readonly string[],
  stdio: StdioOptions,
): ChildProcess =>
  // A terminal's Ctrl-C is for whoever started it: the program is ended by its standard input, in order.
  spawn(process.execPath, [...programArguments(name), ...args], { stdio, detached: true });

/** Runs a program of the house to its end, in this terminal; answers its exit code. */
export const runHouseProgram = (name: HouseProgram, args: readonly string[]): Promise<number> =>
  new Promise((settle, reject) => {
    const child = spawn(
      process.execPath,
      [...programArguments(name), ...withAbsoluteFolders(args, process.cwd())],
      { stdio: "inherit" },
    );
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    for (const signal of signals) process.on(signal, pass);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const one of signals) process.off(one, pass);
      settle(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
