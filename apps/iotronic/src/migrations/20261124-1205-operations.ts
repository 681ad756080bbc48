import type { Migration } from "./migration.ts";

/** Operations, and the lane of jobs that wait for their boards. */
export const operationsMigration: Migration = {
  name: "20261124-1205-operations",
  up: async ({ schema }) => {
    await schema
      .createTable("operations")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("parent", "text")
      .addColumn("board_id", "text")
      .addColumn("actor", "text", (column) => column.notNull())
      .addColumn("procedure", "text")
      .addColumn("args", "text")
      .addColumn("idempotent", "integer", (column) => column.notNull())
      // Place in the board's lane of jobs; null for what is sent at once.
      .addColumn("lane", "bigint")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("ended_at", "bigint")
      .addColumn("expires_at", "bigint")
      .addColumn("result", "text")
      .addColumn("problem", "text")
      .execute();
    await schema
      .createIndex("operations_project")
      .on("operations")
      .columns(["project_id", "created_at", "uuid"])
      .execute();
    await schema
      .createIndex("operations_board")
      .on("operations")
      .columns(["project_id", "board_id", "created_at"])
      .execute();
    await schema
      .createIndex("operations_lane")
      .on("operations")
      .columns(["board_id", "lane"])
      .execute();
    await schema
      .createIndex("operations_expiry")
      .on("operations")
      .columns(["status", "expires_at"])
      .execute();
  },
};
