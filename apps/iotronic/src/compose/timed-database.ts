// How long writes take until they are durable: measured around the port, so that every driver is measured alike.
import { isS4tError } from "@s4t/kit";
import type { Metrics } from "../edge/metrics.ts";
import type { Database } from "../ports/database.ts";

/** Codes of a store that failed; every other error is the verb's own, and its transaction did what it should. */
const storeFailures = ["cloud.storage-full", "cloud.unavailable", "data.damaged"] as const;

/** A database whose writes are timed. */
export const timedDatabase = (
  database: Database,
  metrics: Metrics,
  monotonicMs: () => number,
): Database => {
  const writes = metrics.durations({
    name: "s4t_database_write_duration_seconds",
    help: "Writes from the call until they are durable: committed, refused (the verb itself said no), failed (the store did)",
    labels: ["outcome"],
  });
  return {
    name: database.name,
    dialect: database.dialect,
    start: async () => database.start?.(),
    stop: async () => database.stop?.(),
    read: (scope, work) => database.read(scope, work),
    async write(scope, work) {
      const from = monotonicMs();
      const note = (outcome: string) => writes.observe({ outcome }, (monotonicMs() - from) / 1_000);
      try {
        const result = await database.write(scope, work);
        note("committed");
        return result;
      } catch (error) {
        const failed = !isS4tError(error) || storeFailures.some((code) => code === error.code);
        note(failed ? "failed" : "refused");
        throw error;
      }
    },
    migrate: () => database.migrate(),
    backup: (folder) => database.backup(folder),
    examine: (folder) => database.examine(folder),
    restore: (folder) => database.restore(folder),
  };
};
