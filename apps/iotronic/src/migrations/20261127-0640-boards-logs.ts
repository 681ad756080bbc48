import { sql } from "kysely";
import type { Migration } from "./migration.ts";

/** Boards do not send their logs: the setting that said so did nothing, and the table for them could not be read. */
export const boardLogsMigration: Migration = {
  name: "20261127-0640-boards-logs",
  up: async (database, dialect) => {
    await database.schema.dropTable("boards_logs").execute();
    const without =
      dialect === "sqlite"
        ? "json_remove(settings, '$.log.ship')"
        : "(settings::jsonb #- '{log,ship}')::text";
    await sql.raw(`update boards set settings = ${without}`).execute(database);
  },
};
