import type { Migration } from "./migration.ts";

/** Second factors of people: the secret that an authenticator app has, too, and what is left of the codes for when it is lost. */
export const identitySecondFactorMigration: Migration = {
  name: "20261128-1511-identity-second-factor",
  up: async ({ schema }) => {
    await schema
      .createTable("identity_second_factors")
      .addColumn("user_id", "text", (column) =>
        column.primaryKey().references("identity_users.uuid").onDelete("cascade"),
      )
      .addColumn("secret", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("confirmed_at", "bigint")
      .addColumn("last_step", "bigint", (column) => column.notNull())
      .execute();
    await schema
      .createTable("identity_recovery_codes")
      .addColumn("user_id", "text", (column) =>
        column.notNull().references("identity_users.uuid").onDelete("cascade"),
      )
      .addColumn("hash", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint("identity_recovery_codes_key", ["user_id", "hash"])
      .execute();
  },
};
