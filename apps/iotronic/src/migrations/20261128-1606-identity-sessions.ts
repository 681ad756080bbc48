import type { Migration } from "./migration.ts";

/** What a token is: a sign-in, one for a script, one of the Identity API; and which program asked for it. */
export const identitySessionsMigration: Migration = {
  name: "20261128-1606-identity-sessions",
  up: async ({ schema }) => {
    await schema.alterTable("identity_tokens").addColumn("kind", "text").execute();
    await schema.alterTable("identity_tokens").addColumn("agent", "text").execute();
  },
};
