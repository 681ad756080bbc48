// Second factors and recovery codes. Whose they are is what asks for them, so all of these see everything.
import type { Selectable } from "kysely";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type FactorRow = Selectable<Schema["identity_second_factors"]>;

export const findFactor = (
  _scope: Scope,
  { queries }: Reader,
  user: string,
): Promise<FactorRow | undefined> =>
  queries
    .selectFrom("identity_second_factors")
    .selectAll()
    .where("user_id", "=", user)
    .executeTakeFirst();

/** Puts one in the place of one that was never confirmed; answers whether it could: one that is on stays. */
export const beginFactor = async (_scope: Scope, tx: Tx, row: FactorRow): Promise<boolean> => {
  const { user_id: _, ...set } = row;
  const result = await tx.queries
    .insertInto("identity_second_factors")
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column("user_id")
        .doUpdateSet(set)
        .where("identity_second_factors.confirmed_at", "is", null),
    )
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows) > 0;
};

/** Answers whether it was waiting for that. */
export const confirmFactor = async (
  _scope: Scope,
  tx: Tx,
  user: string,
  now: number,
): Promise<boolean> => {
  const result = await tx.queries
    .updateTable("identity_second_factors")
    .set({ confirmed_at: now })
    .where("user_id", "=", user)
    .where("confirmed_at", "is", null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) > 0;
};

/** Takes the code of a step: true for the first, and for none of it or before from then on. */
export const takeStep = async (
  _scope: Scope,
  tx: Tx,
  user: string,
  step: number,
): Promise<boolean> => {
  const result = await tx.queries
    .updateTable("identity_second_factors")
    .set({ last_step: step })
    .where("user_id", "=", user)
    .where("last_step", "<", step)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) > 0;
};

/** Answers whether there was one. */
export const removeFactor = async (_scope: Scope, tx: Tx, user: string): Promise<boolean> => {
  await tx.queries.deleteFrom("identity_recovery_codes").where("user_id", "=", user).execute();
  const result = await tx.queries
    .deleteFrom("identity_second_factors")
    .where("user_id", "=", user)
    .executeTakeFirst();
  return Number(result.numDeletedRows) > 0;
};

/** Puts new codes in the place of all that there were. */
export const replaceRecoveryCodes = async (
  _scope: Scope,
  tx: Tx,
  user: string,
  hashes: readonly string[],
): Promise<void> => {
  await tx.queries.deleteFrom("identity_recovery_codes").where("user_id", "=", user).execute();
  await tx.queries
    .insertInto("identity_recovery_codes")
    .values(hashes.map((hash) => ({ user_id: user, hash })))
    .execute();
};

/** Uses a code up: it is gone for whoever comes second. */
export const takeRecoveryCode = async (
  _scope: Scope,
  tx: Tx,
  user: string,
  hash: string,
): Promise<boolean> => {
  const result = await tx.queries
    .deleteFrom("identity_recovery_codes")
    .where("user_id", "=", user)
    .where("hash", "=", hash)
    .executeTakeFirst();
  return Number(result.numDeletedRows) > 0;
};

export const countRecoveryCodes = async (
  _scope: Scope,
  { queries }: Reader,
  user: string,
): Promise<number> => {
  const row = await queries
    .selectFrom("identity_recovery_codes")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("user_id", "=", user)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};
