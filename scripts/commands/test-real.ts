import { buildAll } from "../bundles.ts";
import { closeLanes, runLane } from "../lanes.ts";
import { bringOpenstack } from "../real/openstack.ts";
import { bringPackages } from "../real/packages.ts";
import { startPostgres } from "../real/postgres.ts";
import { bringRuntimes } from "../real/runtimes.ts";

/** Stories across programs that the database has a part in, by file. */
const stories = [
  "backup",
  "backup-plugins",
  "first-board",
  "gone",
  "kill",
  "live",
  "outage",
  "stop",
  "target-entries",
].map((name) => `e2e/${name}.test.ts`);

/** `npm run test:real [-- FILTER …]`: the suites with real components and network namespaces. */
export const run = async (args: string[]): Promise<number> => {
  const say = (line: string) => console.error(line);
  await bringPackages(say);
  await bringRuntimes(say);
  await bringOpenstack(say);
  await buildAll(say);
  const postgres = await startPostgres(say);
  if (!postgres) say("PostgreSQL could not be brought: its suites fail.");
  const env = { TEST_POSTGRES: postgres?.url ?? "" };
  try {
    const lanes = [await runLane("real", { env, filters: args })];
    // The whole cloud once more, on PostgreSQL, and the stories that the database has a part in.
    if (args.length === 0)
      lanes.push(
        await runLane("fast", {
          env: { ...env, TEST_DATABASE: "postgres" },
          filters: ["apps/iotronic", ...stories],
        }),
      );
    return closeLanes(lanes);
  } finally {
    await postgres?.stop();
  }
};
