import type { Migration } from "./migration.ts";

/** Users, projects, roles, tokens, application credentials, sign-in links. */
export const identityMigration: Migration = {
  name: "20261124-1155-identity",
  up: async ({ schema }) => {
    await schema
      .createTable("identity_users")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull().unique())
      .addColumn("rev", "bigint", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("admin", "integer", (column) => column.notNull())
      .addColumn("mail", "text")
      .addColumn("password", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .addColumn("last_sign_in_at", "bigint")
      .execute();
    await schema
      .createTable("identity_projects")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("name", "text", (column) => column.notNull().unique())
      .addColumn("rev", "bigint", (column) => column.notNull())
      .addColumn("description", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .execute();
    await schema
      .createTable("identity_members")
      .addColumn("project_id", "text", (column) =>
        column.notNull().references("identity_projects.uuid").onDelete("cascade"),
      )
      .addColumn("user_id", "text", (column) =>
        column.notNull().references("identity_users.uuid").onDelete("cascade"),
      )
      .addColumn("role", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("identity_members_key", ["project_id", "user_id"])
      .execute();
    await schema
      .createIndex("identity_members_user")
      .on("identity_members")
      .columns(["user_id"])
      .execute();
    await schema
      .createTable("identity_credentials")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("user_id", "text", (column) =>
        column.notNull().references("identity_users.uuid").onDelete("cascade"),
      )
      .addColumn("project_id", "text", (column) =>
        column.notNull().references("identity_projects.uuid").onDelete("cascade"),
      )
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("role", "text", (column) => column.notNull())
      .addColumn("secret", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint")
      .addUniqueConstraint("identity_credentials_name", ["user_id", "name"])
      .execute();
    await schema
      .createTable("identity_tokens")
      .addColumn("uuid", "text", (column) => column.primaryKey())
      .addColumn("hash", "text", (column) => column.notNull().unique())
      .addColumn("user_id", "text", (column) =>
        column.notNull().references("identity_users.uuid").onDelete("cascade"),
      )
      .addColumn("credential_id", "text", (column) =>
        column.references("identity_credentials.uuid").onDelete("cascade"),
      )
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("address", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addColumn("last_used_at", "bigint")
      .execute();
    await schema
      .createIndex("identity_tokens_user")
      .on("identity_tokens")
      .columns(["user_id", "created_at"])
      .execute();
    await schema
      .createTable("identity_links")
      .addColumn("hash", "text", (column) => column.primaryKey())
      .addColumn("user_id", "text", (column) =>
        column.notNull().references("identity_users.uuid").onDelete("cascade"),
      )
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .execute();
  },
};
