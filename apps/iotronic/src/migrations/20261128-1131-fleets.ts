import { sql } from "kysely";
import type { Migration } from "./migration.ts";

/** Fleets, and which boards are in them. */
export const fleetsMigration: Migration = {
  name: "20261128-1131-fleets",
  up: async (database) => {
    const { schema } = database;
    await schema
      .createTable("fleets")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("rev", "bigint", (column) => column.notNull())
      .addColumn("description", "text", (column) => column.notNull())
      .addColumn("labels", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addUniqueConstraint("fleets_project_name", ["project_id", "name"])
      .execute();
    await schema
      .createTable("boards_fleets")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) =>
        column.notNull().references("boards.uuid").onDelete("cascade"),
      )
      .addColumn("fleet_id", "text", (column) => column.notNull().references("fleets.uuid"))
      .addColumn("priority", "integer", (column) => column.notNull())
      .addPrimaryKeyConstraint("boards_fleets_key", ["board_id", "fleet_id"])
      .execute();
    await schema
      .createIndex("boards_fleets_fleet")
      .on("boards_fleets")
      .columns(["fleet_id", "board_id"])
      .execute();
    // A board has one primary fleet at most, whoever says so at the same moment.
    await sql
      .raw(
        "create unique index boards_fleets_primary on boards_fleets (board_id) where priority = 0",
      )
      .execute(database);
  },
};
