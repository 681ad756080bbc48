import type { Migration } from "./migration.ts";

/** The audit log: rows, signed heads. */
export const auditMigration: Migration = {
  name: "20261124-1150-audit",
  up: async (schema) => {
    await schema.schema
      .createTable("audit_entries")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      // Place in the log; null until the sequencer has been there.
      .addColumn("idx", "bigint", (column) => column.unique())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("project_id", "text")
      .addColumn("action", "text", (column) => column.notNull())
      .addColumn("actor_id", "text", (column) => column.notNull())
      .addColumn("resource_id", "text")
      // Null after an erasure: the leaf stays, so that proofs hold.
      .addColumn("payload", "text")
      .addColumn("salt", "text")
      .addColumn("leaf", "text", (column) => column.notNull())
      .execute();
    await schema.schema
      .createIndex("audit_entries_project")
      .on("audit_entries")
      .columns(["project_id", "at", "uuid"])
      .execute();
    await schema.schema
      .createIndex("audit_entries_at")
      .on("audit_entries")
      .columns(["at", "uuid"])
      .execute();
    await schema.schema
      .createIndex("audit_entries_resource")
      .on("audit_entries")
      .columns(["resource_id", "at"])
      .execute();
    await schema.schema
      .createTable("audit_heads")
      .addColumn("size", "bigint", (column) => column.primaryKey())
      .addColumn("root", "text", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("key", "text", (column) => column.notNull())
      .addColumn("signature", "text", (column) => column.notNull())
      .execute();
  },
};
