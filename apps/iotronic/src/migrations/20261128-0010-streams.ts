import type { Migration } from "./migration.ts";

/** Streams that are on record as open: what a cloud that was killed left without an end gets one at the next start. */
export const streamsMigration: Migration = {
  name: "20261128-0010-streams",
  up: async ({ schema }) => {
    await schema
      .createTable("services_streams")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) => column.notNull())
      .addColumn("said", "text", (column) => column.notNull())
      .execute();
  },
};
