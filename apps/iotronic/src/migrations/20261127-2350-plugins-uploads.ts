import type { Migration } from "./migration.ts";

/** Who has sent which bytes: only they may name them. And a way from bytes to the versions that name them. */
export const pluginUploadsMigration: Migration = {
  name: "20261127-2350-plugins-uploads",
  up: async ({ schema }) => {
    await schema
      .createTable("plugins_uploads")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("blob", "text", (column) => column.notNull())
      // As it counts: at least a block of the disk.
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("plugins_uploads_key", ["project_id", "blob"])
      .execute();
    await schema
      .createIndex("plugins_uploads_blob")
      .on("plugins_uploads")
      .columns(["blob"])
      .execute();
    await schema
      .createIndex("plugins_versions_blob")
      .on("plugins_versions")
      .columns(["blob", "project_id"])
      .execute();
  },
};
