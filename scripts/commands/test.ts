import { buildAll } from "../bundles.ts";
import { closeLanes, runLane } from "../lanes.ts";

/** `npm test [-- FILTER …]`: everything that needs neither root nor anything installed system-wide. */
export const run = async (args: string[]): Promise<number> => {
  await buildAll((line) => console.error(line));
  return closeLanes([await runLane("fast", { filters: args })]);
};
