import type { Migration } from "./migration.ts";

/** Changes of resources, in order: what events, timelines and webhooks are fed from. */
export const changesMigration: Migration = {
  name: "20261124-1151-changes",
  up: async (schema, dialect) => {
    await schema.schema
      .createTable("changes")
      .addColumn("seq", dialect === "sqlite" ? "integer" : "bigserial", (column) =>
        dialect === "sqlite" ? column.primaryKey().autoIncrement() : column.primaryKey(),
      )
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("noun", "text", (column) => column.notNull())
      .addColumn("resource_id", "text", (column) => column.notNull())
      .addColumn("rev", "bigint", (column) => column.notNull())
      .addColumn("actor", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("patch", "text", (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex("changes_project_resource")
      .on("changes")
      .columns(["project_id", "resource_id", "seq"])
      .execute();
    await schema.schema.createIndex("changes_at").on("changes").columns(["at"]).execute();
  },
};
