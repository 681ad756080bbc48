import { mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildBundle, bundles } from "../bundles.ts";
import { root, runProgram } from "../repository.ts";

/** Says to the script `s4t` that the bundle is of sources as they were at `at`, and which runtime is for it. */
const markReady = (at: Date): void => {
  const file = join(root, ".cache", "s4t.ready");
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${process.execPath}\n`);
  utimesSync(fresh, at, at);
  renameSync(fresh, file);
};

/** `./s4t …`: the command line. */
export const run = async (args: string[]): Promise<number> => {
  const started = new Date();
  await buildBundle("cli");
  if (args[0] === "agent") await buildBundle("lightning-rod");
  if (args.includes("simulate")) await buildBundle("simulator");
  if (args.includes("router")) await buildBundle("router");
  markReady(started);
  const { code } = await runProgram(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, bundles.cli.out), ...args],
    { cwd: process.cwd() },
  );
  return code;
};
