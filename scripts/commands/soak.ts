import { buildAll } from "../bundles.ts";
import { closeLanes, runLane } from "../lanes.ts";

/** `npm run soak [-- FILTER …]`: the full counts of the fault tests, seeds printed. Takes long. */
export const run = async (args: string[]): Promise<number> => {
  await buildAll((line) => console.error(line));
  return closeLanes([await runLane("soak", { filters: args })]);
};
