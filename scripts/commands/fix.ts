import { runProgram, toolPath } from "../repository.ts";

/** `npm run fix`: formats, and mends what can be mended by itself. */
export const run = async (): Promise<number> =>
  (await runProgram(toolPath("biome"), ["check", "--write", "."])).code;
