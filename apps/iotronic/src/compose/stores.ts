// The drivers that a configuration names, loaded only then.
import { join } from "node:path";
import { fail } from "@s4t/contract";
import type { Clock, Log } from "@s4t/kit";
import type { Config } from "../config.ts";
import type { BlobsDriver } from "../ports/blobs.ts";
import type { Database } from "../ports/database.ts";
import type { ObservationsDriver } from "../ports/observations.ts";

export interface Stores {
  readonly database: Database;
  readonly observations: ObservationsDriver;
  readonly blobs: BlobsDriver;
}

const postgresUrl = (config: Config): string => {
  const url = config["database.postgres.url"];
  if (url === null)
    throw fail("config.invalid", {
      setting: "database.postgres.url",
      because: "is needed for PostgreSQL",
    });
  return url;
};

const createDatabase = async (config: Config, folder: string, clock: Clock): Promise<Database> => {
  if (config["database.driver"] === "sqlite") {
    const { sqliteDatabase } = await import("../drivers/database/sqlite/index.ts");
    return sqliteDatabase({ folder, monotonicMs: clock.monotonicMs });
  }
  const url = postgresUrl(config);
  const { postgresDatabase } = await import("../drivers/database/postgres/index.ts");
  return postgresDatabase({
    url,
    connections: config["database.postgres.connections"],
    importFolder: folder,
  });
};

const createObservations = async (
  config: Config,
  folder: string,
  clock: Clock,
  log: Log,
): Promise<ObservationsDriver> => {
  const asked = config["observations.driver"];
  if ((asked === "auto" ? config["database.driver"] : asked) === "sqlite") {
    const { sqliteObservations } = await import("../drivers/observations/sqlite/index.ts");
    return sqliteObservations({ folder, clock, log });
  }
  const url = postgresUrl(config);
  const { postgresObservations } = await import("../drivers/observations/postgres/index.ts");
  return postgresObservations({
    url,
    connections: config["observations.postgres.connections"],
    importFolder: folder,
    clock,
    log,
  });
};

const createBlobs = async (folder: string): Promise<BlobsDriver> => {
  const { diskBlobs } = await import("../drivers/blobs/disk/index.ts");
  return diskBlobs({ folder });
};

/** Makes the stores of a data folder. */
export const createStores = async (
  config: Config,
  folder: string,
  clock: Clock,
  log: Log,
): Promise<Stores> => ({
  database: await createDatabase(config, join(folder, "database"), clock),
  observations: await createObservations(config, join(folder, "observations"), clock, log),
  blobs: await createBlobs(join(folder, "blobs")),
});
