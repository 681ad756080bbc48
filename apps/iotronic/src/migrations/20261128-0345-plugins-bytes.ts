import type { Migration } from "./migration.ts";

/** As the smallest blob counts: a block of the disk and an entry of its folder. */
const leastBytes = 4_096;
/** Plugins whose versions are read at once. */
const pagePlugins = 20;

const bytesOf = (manifest: string): number => {
  try {
    return Math.max(leastBytes, Number(JSON.parse(manifest).blob.bytes) || 0);
  } catch {
    return leastBytes;
  }
};

/** How many bytes the blob of a version counts as: what the versions of a project may have of them is bounded. */
export const pluginBytesMigration: Migration = {
  name: "20261128-0345-plugins-bytes",
  up: async (database) => {
    await database.schema
      .alterTable("plugins_versions")
      .addColumn("bytes", "bigint", (column) => column.notNull().defaultTo(leastBytes))
      .execute();
    for (let after = ""; ; ) {
      const plugins = await database
        .selectFrom("plugins_versions")
        .select("plugin_id")
        .distinct()
        .where("plugin_id", ">", after)
        .orderBy("plugin_id")
        .limit(pagePlugins)
        .execute();
      const ids = plugins.map(({ plugin_id }) => plugin_id);
      if (ids.length === 0) break;
      after = ids.at(-1);
      const rows = await database
        .selectFrom("plugins_versions")
        .select(["plugin_id", "number", "manifest"])
        .where("plugin_id", "in", ids)
        .execute();
      for (const { plugin_id, number, manifest } of rows)
        await database
          .updateTable("plugins_versions")
          .set({ bytes: bytesOf(manifest) })
          .where("plugin_id", "=", plugin_id)
          .where("number", "=", number)
          .execute();
    }
    await database.schema
      .createIndex("plugins_versions_bytes")
      .on("plugins_versions")
      .columns(["project_id", "blob", "bytes"])
      .execute();
  },
};
