import { buildAll } from "../bundles.ts";
import { closeLanes, runLane } from "../lanes.ts";
import { bringPackages } from "../real/packages.ts";
import { startPostgres } from "../real/postgres.ts";
import { bringRuntimes } from "../real/runtimes.ts";

/** `npm run test:real [-- FILTER …]`: the suites with real components and network namespaces. */
export const run = async (args: string[]): Promise<number> => {
  const say = (line: string) => console.error(line);
  await bringPackages(say);
  await bringRuntimes(say);
  await buildAll(say);
  const postgres = await startPostgres(say);
  if (!postgres) say("PostgreSQL could not be brought: its suites fail.");
  const env = { TEST_POSTGRES: postgres?.url ?? "" };
  try {
    const lanes = [await runLane("real", { env, filters: args })];
    // The whole cloud once more, on PostgreSQL. The stories of `e2e/` choose their database themselves: those about
    // PostgreSQL are in the real lane.
    if (args.length === 0)
      lanes.push(
        await runLane("fast", {
          env: { ...env, TEST_DATABASE: "postgres" },
          filters: ["apps/iotronic"],
        }),
      );
    return closeLanes(lanes);
  } finally {
    await postgres?.stop();
  }
};
