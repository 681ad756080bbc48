import type { Migration } from "./migration.ts";

/** Addresses that are proved to be their users', and links that were sent to them. */
export const identityMailMigration: Migration = {
  name: "20261128-1535-identity-mail",
  up: async ({ schema }) => {
    await schema.alterTable("identity_users").addColumn("mail_verified_at", "bigint").execute();
    await schema
      .createIndex("identity_users_mail")
      .on("identity_users")
      .columns(["mail"])
      .execute();
    await schema
      .createTable("identity_mail_links")
      .addColumn("hash", "text", (column) => column.primaryKey())
      .addColumn("user_id", "text", (column) =>
        column.notNull().references("identity_users.uuid").onDelete("cascade"),
      )
      .addColumn("purpose", "text", (column) => column.notNull())
      .addColumn("mail", "text", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .execute();
    await schema
      .createIndex("identity_mail_links_user")
      .on("identity_mail_links")
      .columns(["user_id"])
      .execute();
  },
};
