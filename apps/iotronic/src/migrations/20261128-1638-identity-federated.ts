import type { Migration } from "./migration.ts";

/** Who is who at an issuer of somebody else's (OpenID Connect). */
export const identityFederatedMigration: Migration = {
  name: "20261128-1638-identity-federated",
  up: async ({ schema }) => {
    await schema
      .createTable("identity_federated")
      .addColumn("issuer", "text", (column) => column.notNull())
      .addColumn("subject", "text", (column) => column.notNull())
      .addColumn("user_id", "text", (column) =>
        column.notNull().references("identity_users.uuid").onDelete("cascade"),
      )
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("identity_federated_key", ["issuer", "subject"])
      .execute();
    await schema
      .createIndex("identity_federated_user")
      .on("identity_federated")
      .columns(["user_id"])
      .execute();
  },
};
