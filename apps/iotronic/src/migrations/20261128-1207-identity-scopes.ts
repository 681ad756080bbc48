import type { Migration } from "./migration.ts";

/** What a token is good for (one project, or all of the cloud), what it was proved with, and the token that it was made of. */
export const identityScopesMigration: Migration = {
  name: "20261128-1207-identity-scopes",
  up: async ({ schema }) => {
    await schema
      .alterTable("identity_tokens")
      .addColumn("project_id", "text", (column) =>
        column.references("identity_projects.uuid").onDelete("cascade"),
      )
      .execute();
    await schema.alterTable("identity_tokens").addColumn("scope", "text").execute();
    await schema.alterTable("identity_tokens").addColumn("methods", "text").execute();
    // No reference that cascades: a chain of tokens may be longer than a database follows by itself.
    await schema.alterTable("identity_tokens").addColumn("parent", "text").execute();
    await schema
      .createIndex("identity_tokens_parent")
      .on("identity_tokens")
      .columns(["parent"])
      .execute();
    await schema
      .alterTable("identity_credentials")
      .addColumn("description", "text", (column) => column.notNull().defaultTo(""))
      .execute();
  },
};
