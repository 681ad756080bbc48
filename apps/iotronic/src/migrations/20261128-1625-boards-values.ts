import { sql } from "kysely";
import type { Migration } from "./migration.ts";

/** The last value of each series of each board, and which boards are in no fleet: what lists are narrowed by. */
export const boardValuesMigration: Migration = {
  name: "20261128-1625-boards-values",
  up: async (database) => {
    const { schema } = database;
    await schema
      .createTable("boards_values")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) => column.notNull())
      .addColumn("series", "text", (column) => column.notNull())
      .addColumn("value", "double precision", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("boards_values_key", ["board_id", "series"])
      .execute();
    await schema
      .createIndex("boards_values_series")
      .on("boards_values")
      .columns(["series", "value", "at", "board_id"])
      .execute();
    await schema
      .alterTable("boards")
      .addColumn("in_fleets", "integer", (column) => column.notNull().defaultTo(0))
      .execute();
    await sql`update boards set in_fleets = 1 where exists (select 1 from boards_fleets as f where f.board_id = boards.uuid)`.execute(
      database,
    );
    await sql
      .raw("create index boards_fleetless on boards (project_id, name, uuid) where in_fleets = 0")
      .execute(database);
  },
};
