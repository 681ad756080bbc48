import type { Migration } from "./migration.ts";

/**
 * People and projects that a Keystone vouches for, by its ids; sessions that are bound to one of its tokens; and the token that a
 * credential was made with.
 */
export const identityForeignMigration: Migration = {
  name: "20261128-1518-identity-foreign",
  up: async ({ schema }) => {
    for (const table of ["identity_users", "identity_projects"]) {
      await schema.alterTable(table).addColumn("foreign_id", "text").execute();
      await schema
        .createIndex(`${table}_foreign`)
        .on(table)
        .columns(["foreign_id"])
        .unique()
        .execute();
    }
    await schema.alterTable("identity_tokens").addColumn("sealed", "text").execute();
    await schema.alterTable("identity_credentials").addColumn("parent", "text").execute();
    await schema
      .createIndex("identity_credentials_parent")
      .on("identity_credentials")
      .columns(["parent"])
      .execute();
  },
};
