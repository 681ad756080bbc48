import { join } from "node:path";
import { buildAll, bundles, cloudNodeArguments } from "../bundles.ts";
import { root, runProgram } from "../repository.ts";

/** `npm start -- [--data DIR] [--port N] [--listen ADDRESS] [--demo N]`: the cloud, and this machine as a board in it. */
export const run = async (args: string[]): Promise<number> => {
  await buildAll((line) => console.error(line));
  const { code } = await runProgram(process.execPath, [
    "--enable-source-maps",
    ...cloudNodeArguments,
    join(root, bundles.iotronic.out),
    ...args,
  ]);
  return code === 143 || code === 130 ? 0 : code;
};
