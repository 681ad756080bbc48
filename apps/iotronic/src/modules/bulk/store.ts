import type { OperationState } from "@s4t/contract";
import type { Selectable } from "kysely";
import { firstIdOf } from "../../edge/id.ts";
import { int64 } from "../../edge/int64.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type BulkRow = Selectable<Schema["bulks"]>;
export type BulkBoardRow = Selectable<Schema["bulk_boards"]>;

const numbered = int64("wait_until", "ended_at");
const numberedBoard = int64("started_at", "ended_at");

/** Rows of one insert: SQLite takes 32,766 values a statement. */
const rowsAtOnce = 1_000;

export const insertBulk = async (
  _scope: Scope,
  { queries }: Tx,
  row: BulkRow,
  boards: readonly BulkBoardRow[],
): Promise<void> => {
  await queries.insertInto("bulks").values(row).execute();
  for (let at = 0; at < boards.length; at += rowsAtOnce)
    await queries
      .insertInto("bulk_boards")
      .values(boards.slice(at, at + rowsAtOnce))
      .execute();
};

export const findBulk = async (
  scope: Scope,
  { queries }: Reader,
  uuid: string,
): Promise<BulkRow | undefined> => {
  let query = queries.selectFrom("bulks").selectAll().where("uuid", "=", uuid);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  const row = await query.executeTakeFirst();
  return row && numbered(row);
};

/** Those that have not ended. */
export const listGoing = async (scope: Scope, { queries }: Reader): Promise<BulkRow[]> => {
  let query = queries.selectFrom("bulks").selectAll().where("ended_at", "is", null);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return (await query.orderBy("uuid").execute()).map(numbered);
};

export const updateBulk = async (
  _scope: Scope,
  { queries }: Tx,
  uuid: string,
  set: Partial<BulkRow>,
): Promise<void> => {
  await queries.updateTable("bulks").set(set).where("uuid", "=", uuid).execute();
};

export interface BulkBoardFilter {
  readonly bulk: string;
  readonly states?: readonly string[] | undefined;
  readonly after: number;
}

/** In the order of their turns. */
export const listBulkBoards = async (
  scope: Scope,
  { queries }: Reader,
  { bulk, states, after }: BulkBoardFilter,
  limit: number,
): Promise<BulkBoardRow[]> => {
  let query = queries
    .selectFrom("bulk_boards")
    .selectAll()
    .where("bulk_id", "=", bulk)
    .where("place", ">", after)
    .orderBy("place")
    .limit(limit);
  if (states) query = query.where("status", "in", states);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return (await query.execute()).map(numberedBoard);
};

/** How many boards are in which state. */
export const countBulkBoards = async (
  scope: Scope,
  { queries }: Reader,
  bulk: string,
): Promise<Map<string, number>> => {
  let query = queries
    .selectFrom("bulk_boards")
    .select((e) => ["status", e.fn.countAll<number>().as("count")])
    .where("bulk_id", "=", bulk)
    .groupBy("status");
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return new Map((await query.execute()).map(({ status, count }) => [status, Number(count)]));
};

/** Changes the row of one board that is still in the state `from`; answers whether it was. */
export const moveBulkBoard = async (
  _scope: Scope,
  { queries }: Tx,
  row: Pick<BulkBoardRow, "bulk_id" | "place">,
  from: OperationState,
  set: Partial<BulkBoardRow>,
): Promise<boolean> => {
  const { numUpdatedRows } = await queries
    .updateTable("bulk_boards")
    .set(set)
    .where("bulk_id", "=", row.bulk_id)
    .where("place", "=", row.place)
    .where("status", "=", from)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows) > 0;
};

/** What the board answered, of one that is done already. */
export const keepResult = async (
  _scope: Scope,
  { queries }: Tx,
  row: Pick<BulkBoardRow, "bulk_id" | "place">,
  result: string,
): Promise<void> => {
  await queries
    .updateTable("bulk_boards")
    .set({ result })
    .where("bulk_id", "=", row.bulk_id)
    .where("place", "=", row.place)
    .execute();
};

/** All boards of one state into another. */
export const moveAll = async (
  _scope: Scope,
  { queries }: Tx,
  bulk: string,
  from: OperationState,
  set: Partial<BulkBoardRow>,
): Promise<void> => {
  await queries
    .updateTable("bulk_boards")
    .set(set)
    .where("bulk_id", "=", bulk)
    .where("status", "=", from)
    .execute();
};

/** Removes boards of bulk operations that began before, or of a project that is gone; answers how many rows. */
export const removeBulkBoards = async (
  _scope: Scope,
  { queries }: Tx,
  of: { readonly beforeMs: number } | { readonly project: string },
  limit: number,
): Promise<number> => {
  let bulks = queries.selectFrom("bulks").select("uuid");
  bulks =
    "project" in of
      ? bulks.where("project_id", "=", of.project)
      : bulks.where("uuid", "<", firstIdOf(of.beforeMs)).where("ended_at", "<", of.beforeMs);
  const some = await queries
    .selectFrom("bulk_boards")
    .select(["bulk_id", "place"])
    .where("bulk_id", "in", bulks)
    .orderBy("bulk_id")
    .orderBy("place")
    .limit(limit)
    .execute();
  for (const [bulk, rows] of Map.groupBy(some, (row) => row.bulk_id))
    await queries
      .deleteFrom("bulk_boards")
      .where("bulk_id", "=", bulk)
      .where("place", "<=", rows.at(-1)?.place ?? 0)
      .execute();
  // Those that have no boards any more go with the last step.
  if (some.length < limit) {
    const gone = queries.deleteFrom("bulks");
    await ("project" in of
      ? gone.where("project_id", "=", of.project)
      : gone.where("uuid", "<", firstIdOf(of.beforeMs)).where("ended_at", "<", of.beforeMs)
    ).execute();
  }
  return some.length;
};
