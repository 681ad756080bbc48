import type { Selectable } from "kysely";
import { int64 } from "../../edge/int64.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";

export type RepeatRow = Selectable<Schema["repeats"]>;

const numbered = int64("expires_at");

/** Puts the row there unless one that is not over stands there already; answers that one. */
export const beginRepeat = async (
  _scope: Scope,
  { queries }: Tx,
  row: RepeatRow,
  now: number,
): Promise<RepeatRow | undefined> => {
  await queries
    .deleteFrom("repeats")
    .where("hash", "=", row.hash)
    .where("expires_at", "<", now)
    .execute();
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto("repeats")
    .values(row)
    .onConflict((conflict) => conflict.column("hash").doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows) return undefined;
  const present = await queries
    .selectFrom("repeats")
    .selectAll()
    .where("hash", "=", row.hash)
    .executeTakeFirstOrThrow();
  return numbered(present);
};

export const keepAnswer = async (
  _scope: Scope,
  { queries }: Tx,
  hash: string,
  answer: string,
): Promise<void> => {
  await queries.updateTable("repeats").set({ answer }).where("hash", "=", hash).execute();
};

export const forgetRepeat = async (_scope: Scope, { queries }: Tx, hash: string): Promise<void> => {
  await queries.deleteFrom("repeats").where("hash", "=", hash).execute();
};

/** Removes what is over, as many as `limit`. Answers how many. */
export const removeOver = async (
  _scope: Scope,
  { queries }: Tx,
  now: number,
  limit: number,
): Promise<number> => {
  const over = queries
    .selectFrom("repeats")
    .select("hash")
    .where("expires_at", "<", now)
    .limit(limit);
  const query = queries.deleteFrom("repeats").where("hash", "in", over);
  return Number((await query.executeTakeFirstOrThrow()).numDeletedRows);
};
