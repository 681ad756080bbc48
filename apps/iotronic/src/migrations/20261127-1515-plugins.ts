import type { Migration } from "./migration.ts";

/** Plugins, their versions, the boards that they are on; the keys that sign for projects. */
export const pluginsMigration: Migration = {
  name: "20261127-1515-plugins",
  up: async ({ schema }) => {
    await schema
      .createTable("plugins")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("description", "text", (column) => column.notNull())
      .addColumn("labels", "text", (column) => column.notNull())
      // Number of the newest version: numbers are given once.
      .addColumn("versions", "integer", (column) => column.notNull())
      .addColumn("rev", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .execute();
    await schema
      .createIndex("plugins_name")
      .on("plugins")
      .columns(["project_id", "name"])
      .unique()
      .execute();
    await schema
      .createTable("plugins_versions")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("plugin_id", "text", (column) =>
        column.notNull().references("plugins.uuid").onDelete("cascade"),
      )
      .addColumn("number", "integer", (column) => column.notNull())
      // SHA-256 of the canonical manifest.
      .addColumn("version", "text", (column) => column.notNull())
      .addColumn("manifest", "text", (column) => column.notNull())
      .addColumn("blob", "text", (column) => column.notNull())
      .addColumn("signed_by", "text", (column) => column.notNull())
      .addColumn("signature", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("created_by", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("plugins_versions_key", ["plugin_id", "number"])
      .execute();
    await schema
      .createIndex("plugins_versions_version")
      .on("plugins_versions")
      .columns(["project_id", "plugin_id", "version"])
      .unique()
      .execute();
    await schema
      .createTable("plugins_injections")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) => column.notNull())
      .addColumn("plugin_id", "text", (column) =>
        column.notNull().references("plugins.uuid").onDelete("cascade"),
      )
      .addColumn("number", "integer", (column) => column.notNull())
      .addColumn("on_boot", "integer", (column) => column.notNull())
      .addColumn("restart", "text", (column) => column.notNull())
      .addColumn("parameters", "text", (column) => column.notNull())
      // As the board said last.
      .addColumn("state", "text")
      .addColumn("since", "bigint")
      .addColumn("exit", "text")
      .addColumn("rev", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("plugins_injections_key", ["board_id", "plugin_id"])
      .execute();
    for (const column of ["board_id", "plugin_id"])
      await schema
        .createIndex(`plugins_injections_${column}`)
        .on("plugins_injections")
        .columns(["project_id", column])
        .execute();
    await schema
      .createTable("keys")
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("place", "integer", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      // By the key before; null of the first.
      .addColumn("signature", "text")
      .addColumn("sealed", "integer", (column) => column.notNull())
      // Encrypted; null once it was destroyed, or where the cloud never had it.
      .addColumn("private", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("keys_key", ["project_id", "place"])
      .execute();
  },
};
