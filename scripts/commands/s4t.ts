import { join } from "node:path";
import { buildBundle, bundles } from "../bundles.ts";
import { root, runProgram } from "../repository.ts";

/** `./s4t …`: the command line. */
export const run = async (args: string[]): Promise<number> => {
  await buildBundle("cli");
  if (args[0] === "agent") await buildBundle("lightning-rod");
  const { code } = await runProgram(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, bundles.cli.out), ...args],
    { cwd: process.cwd() },
  );
  return code;
};
