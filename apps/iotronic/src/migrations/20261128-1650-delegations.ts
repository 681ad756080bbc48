import type { Migration } from "./migration.ts";

/** What was delegated of which board to whom. */
export const delegationsMigration: Migration = {
  name: "20261128-1650-delegations",
  up: async ({ schema }) => {
    await schema
      .createTable("delegations")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("board_id", "text", (column) =>
        column.notNull().references("boards.uuid").onDelete("cascade"),
      )
      .addColumn("board_name", "text", (column) => column.notNull())
      .addColumn("parent_id", "text")
      .addColumn("issuer_id", "text", (column) => column.notNull())
      .addColumn("issuer_name", "text", (column) => column.notNull())
      .addColumn("subject_kind", "text", (column) => column.notNull())
      .addColumn("subject_id", "text", (column) => column.notNull())
      .addColumn("subject_name", "text", (column) => column.notNull())
      .addColumn("statement", "text", (column) => column.notNull())
      .addColumn("hash", "text", (column) => column.notNull())
      .addColumn("until_at", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("revoked_at", "bigint")
      .execute();
    await schema
      .createIndex("delegations_project")
      .on("delegations")
      .columns(["project_id", "created_at", "uuid"])
      .execute();
    await schema
      .createIndex("delegations_subject")
      .on("delegations")
      .columns(["subject_id", "until_at"])
      .execute();
    await schema.createIndex("delegations_parent").on("delegations").column("parent_id").execute();
    await schema.createIndex("delegations_board").on("delegations").column("board_id").execute();
  },
};
