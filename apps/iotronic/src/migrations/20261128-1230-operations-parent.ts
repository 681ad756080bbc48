import type { Migration } from "./migration.ts";

/** Parts of an operation are looked up by it. Few operations have a parent: the others are not in the index. */
export const operationsParentMigration: Migration = {
  name: "20261128-1230-operations-parent",
  up: async ({ schema }) => {
    await schema
      .createIndex("operations_parent")
      .on("operations")
      .columns(["parent", "created_at", "uuid"])
      .where("parent", "is not", null)
      .execute();
  },
};
