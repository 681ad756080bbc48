// The drivers that a configuration names, loaded only then.
import { join } from "node:path";
import type { Clock, Log } from "@s4t/kit";
import type { Config } from "../config.ts";
import type { Database } from "../ports/database.ts";
import type { ObservationsDriver } from "../ports/observations.ts";

export interface Stores {
  readonly database: Database;
  readonly observations: ObservationsDriver;
}

/** Makes the stores of a data folder. */
export const createStores = async (
  _config: Config,
  folder: string,
  clock: Clock,
  log: Log,
): Promise<Stores> => {
  const { sqliteDatabase } = await import("../drivers/database/sqlite/index.ts");
  const { sqliteObservations } = await import("../drivers/observations/sqlite/index.ts");
  return {
    database: sqliteDatabase({ folder: join(folder, "database"), monotonicMs: clock.monotonicMs }),
    observations: sqliteObservations({ folder: join(folder, "observations"), clock, log }),
  };
};
