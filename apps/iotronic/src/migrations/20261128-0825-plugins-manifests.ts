import { sql } from "kysely";
import type { Migration } from "./migration.ts";

/** How many bytes the manifest of a version has: they count towards what the versions of a project may have. */
export const pluginManifestsMigration: Migration = {
  name: "20261128-0825-plugins-manifests",
  up: async (database) => {
    await database.schema
      .alterTable("plugins_versions")
      .addColumn("manifest_bytes", "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
    await database
      .updateTable("plugins_versions")
      .set({ manifest_bytes: sql`octet_length(manifest)` })
      .execute();
    await database.schema.dropIndex("plugins_versions_bytes").execute();
    // All that is summed, so that no manifest is read for it.
    await database.schema
      .createIndex("plugins_versions_bytes")
      .on("plugins_versions")
      .columns(["project_id", "blob", "bytes", "manifest_bytes"])
      .execute();
  },
};
