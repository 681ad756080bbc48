import type { Migration } from "./migration.ts";

/** Requests that are done once, however often they come. */
export const repeatsMigration: Migration = {
  name: "20261128-1250-repeats",
  up: async ({ schema }) => {
    await schema
      .createTable("repeats")
      .addColumn("hash", "text", (column) => column.primaryKey())
      .addColumn("request", "text", (column) => column.notNull())
      .addColumn("answer", "text")
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .execute();
    await schema.createIndex("repeats_expiry").on("repeats").column("expires_at").execute();
  },
};
