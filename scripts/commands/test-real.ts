import { buildAll } from "../bundles.ts";
import { closeLanes, runLane } from "../lanes.ts";
import { bringPackages } from "../real/packages.ts";

/** `npm run test:real [-- FILTER …]`: the suites with real components and network namespaces. */
export const run = async (args: string[]): Promise<number> => {
  const say = (line: string) => console.error(line);
  await bringPackages(say);
  await buildAll(say);
  return closeLanes([await runLane("real", { filters: args })]);
};
