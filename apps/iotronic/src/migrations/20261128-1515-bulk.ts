import { sql } from "kysely";
import type { Migration } from "./migration.ts";

/** Bulk operations: what was asked, one row for each board, and how many are in which state. */
export const bulkMigration: Migration = {
  name: "20261128-1515-bulk",
  up: async (database) => {
    const { schema } = database;
    await schema.alterTable("operations").addColumn("parts", "text").execute();
    await schema
      .createTable("bulks")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("action", "text", (column) => column.notNull())
      .addColumn("selection", "text", (column) => column.notNull())
      .addColumn("params", "text", (column) => column.notNull())
      .addColumn("body", "text", (column) => column.notNull())
      .addColumn("token", "text")
      .addColumn("address", "text")
      .addColumn("wait_until", "bigint")
      .addColumn("at_once", "integer", (column) => column.notNull())
      .addColumn("per_second", "integer", (column) => column.notNull())
      .addColumn("canceled", "integer", (column) => column.notNull())
      .addColumn("ended_at", "bigint")
      .execute();
    // Those that go on are looked up at every start: few among many that have ended.
    await sql
      .raw("create index bulks_going on bulks (project_id) where ended_at is null")
      .execute(database);
    await schema
      .createTable("bulk_boards")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("bulk_id", "text", (column) => column.notNull())
      .addColumn("place", "integer", (column) => column.notNull())
      .addColumn("board_id", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("operation_id", "text")
      .addColumn("started_at", "bigint")
      .addColumn("ended_at", "bigint")
      .addColumn("result", "text")
      .addColumn("problem", "text")
      .addPrimaryKeyConstraint("bulk_boards_key", ["bulk_id", "place"])
      .execute();
    await schema
      .createIndex("bulk_boards_status")
      .on("bulk_boards")
      .columns(["bulk_id", "status", "place"])
      .execute();
  },
};
