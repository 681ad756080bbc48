import { buildAll } from "../bundles.ts";
import { closeLanes, runLane } from "../lanes.ts";
import { startPostgres } from "../real/postgres.ts";

/** `npm run soak [-- FILTER …]`: the full counts of the fault tests, seeds printed, on SQLite and PostgreSQL. Takes long. */
export const run = async (args: string[]): Promise<number> => {
  const say = (line: string) => console.error(line);
  await buildAll(say);
  const postgres = await startPostgres(say);
  if (!postgres) say("PostgreSQL could not be brought: what needs it fails.");
  const env = { TEST_POSTGRES: postgres?.url ?? "" };
  try {
    return closeLanes([await runLane("soak", { env, filters: args })]);
  } finally {
    await postgres?.stop();
  }
};
