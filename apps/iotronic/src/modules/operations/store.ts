import type { OperationState } from "@s4t/contract";
import { type Selectable, sql } from "kysely";
import { firstIdOf } from "../../edge/id.ts";
import { type Build, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type OperationRow = Selectable<Schema["operations"]>;

export const insertOperation = async (_scope: Scope, tx: Tx, row: OperationRow): Promise<void> => {
  await tx.queries.insertInto("operations").values(row).execute();
};

/**
 * The next place in a board's lane. Places follow the clock, so that they go on rising after a restored backup: a board
 * never looks back behind the last place that it settled. Until the transaction ends nobody else gets a place in it: no two are
 * alike, and none is seen before one that is less.
 */
export const nextLane = async (
  scope: Scope,
  { dialect, queries }: Tx,
  board: string,
  nowMs: number,
): Promise<number> => {
  // SQLite has one writer at a time.
  if (dialect === "postgres")
    await sql`select pg_advisory_xact_lock(hashtextextended(${`lane ${board}`}, 0))`.execute(
      queries,
    );
  let query = queries
    .selectFrom("operations")
    .select((e) => e.fn.max("lane").as("last"))
    .where("board_id", "=", board);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return Math.max(nowMs, Number((await query.executeTakeFirst())?.last ?? 0) + 1);
};

export const findOperation = (
  scope: Scope,
  { queries }: Reader,
  uuid: string,
): Promise<OperationRow | undefined> => {
  let query = queries.selectFrom("operations").selectAll().where("uuid", "=", uuid);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return query.executeTakeFirst();
};

/** Ids among these that are another board's, or no board's. */
export const listOperationsOfOthers = async (
  scope: Scope,
  { queries }: Reader,
  board: string,
  uuids: readonly string[],
): Promise<string[]> => {
  let query = queries
    .selectFrom("operations")
    .select("uuid")
    .where("uuid", "in", uuids)
    .where((is) => is.or([is("board_id", "is", null), is("board_id", "!=", board)]));
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return (await query.orderBy("uuid").execute()).map(({ uuid }) => uuid);
};

export const updateOperation = async (
  scope: Scope,
  tx: Tx,
  uuid: string,
  set: Partial<OperationRow>,
): Promise<void> => {
  let query = tx.queries.updateTable("operations").set(set).where("uuid", "=", uuid);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  await query.execute();
};

export interface OperationFilter {
  readonly board?: string | undefined;
  readonly parent?: string | undefined;
  readonly states?: readonly string[] | undefined;
  readonly sort: "created" | "-created";
  readonly after?: readonly [at: number, uuid: string] | undefined;
}

/** In the order in which they were made, or the other way. */
export const listOperations = (
  scope: Scope,
  { queries }: Reader,
  filter: OperationFilter,
  limit: number,
): Promise<OperationRow[]> => {
  const { board, parent, states, sort, after } = filter;
  const [order, beyond] = sort === "created" ? (["asc", ">"] as const) : (["desc", "<"] as const);
  let query = queries
    .selectFrom("operations")
    .selectAll()
    .orderBy("created_at", order)
    .orderBy("uuid", order)
    .limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  if (board !== undefined) query = query.where("board_id", "=", board);
  if (parent !== undefined) query = query.where("parent", "=", parent);
  if (states !== undefined) query = query.where("status", "in", states);
  if (after)
    query = query.where((e) =>
      e.or([
        e("created_at", beyond, after[0]),
        e.and([e("created_at", "=", after[0]), e("uuid", beyond, after[1])]),
      ]),
    );
  return query.execute();
};

const findJob = statement(
  ({ projects }, { queries, args }: Build<{ board: string; after: number }>) => {
    const query = queries
      .selectFrom("operations")
      .select("uuid")
      .where("board_id", "=", args.board)
      .where("lane", ">", args.after)
      .where("status", "in", ["queued", "running"])
      .limit(1);
    return projects === "all" ? query : query.where("project_id", "in", projects);
  },
);

/** Whether a job waits for a board. */
export const hasJobs = async (
  scope: Scope,
  reader: Reader,
  board: string,
  after: number,
): Promise<boolean> => (await findJob(scope, reader, { board, after })).rows.length > 0;

/** Jobs of a board that wait, in the order of their lane. */
export const listJobs = (
  scope: Scope,
  { queries }: Reader,
  board: string,
  after: number,
  limit: number,
  states: readonly OperationState[] = ["queued", "running"],
): Promise<OperationRow[]> => {
  let query = queries
    .selectFrom("operations")
    .selectAll()
    .where("board_id", "=", board)
    .where("lane", ">", after)
    .where("status", "in", states)
    .orderBy("lane")
    .limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return query.execute();
};

/** How many jobs are not over, by state: out of the index of expiry, which only jobs have one of. */
export const countJobs = async (
  _scope: Scope,
  { queries }: Reader,
): Promise<Readonly<Record<string, number>>> => {
  const rows = await queries
    .selectFrom("operations")
    .select((e) => ["status", e.fn.countAll<number>().as("count")])
    .where("status", "in", ["queued", "running"])
    .where("expires_at", "is not", null)
    .groupBy("status")
    .execute();
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
};

/** Operations whose time is over: those that wait, and, after a grace, jobs that were handed over. */
export const listOverdue = (
  _scope: Scope,
  { queries }: Reader,
  now: number,
  handedOverGraceMs: number,
  limit: number,
): Promise<OperationRow[]> =>
  queries
    .selectFrom("operations")
    .selectAll()
    .where((e) =>
      e.or([
        e.and([e("status", "=", "queued"), e("expires_at", "<", now)]),
        e.and([
          e("status", "=", "running"),
          e("lane", "is not", null),
          e("expires_at", "<", now - handedOverGraceMs),
        ]),
      ]),
    )
    .limit(limit)
    .execute();

/** Commands that were under way when the cloud ended: nobody will hear their answer but by a late report. Bulk operations go on. */
export const listRunning = (_scope: Scope, { queries }: Reader): Promise<OperationRow[]> =>
  queries
    .selectFrom("operations")
    .selectAll()
    .where("status", "=", "running" satisfies OperationState)
    .where("lane", "is", null)
    .where("parts", "is", null)
    .execute();

/** Removes operations that ended before, oldest first, as many as `limit`. Answers how many. */
export const removeEndedBefore = async (
  _scope: Scope,
  { queries }: Tx,
  atMs: number,
  limit: number,
): Promise<number> => {
  // What ended before was made before: ids in order of time spare an index of ends, which every operation would pay for.
  const old = queries
    .selectFrom("operations")
    .select("uuid")
    .where("uuid", "<", firstIdOf(atMs))
    .where("ended_at", "<", atMs)
    .orderBy("uuid")
    .limit(limit);
  const query = queries.deleteFrom("operations").where("uuid", "in", old);
  return Number((await query.executeTakeFirstOrThrow()).numDeletedRows);
};

/** Removes operations of a project, as many as `limit`. Answers how many. */
export const removeOfProject = async (
  _scope: Scope,
  { queries }: Tx,
  project: string,
  limit: number,
): Promise<number> => {
  const some = queries
    .selectFrom("operations")
    .select("uuid")
    .where("project_id", "=", project)
    .limit(limit);
  const query = queries.deleteFrom("operations").where("uuid", "in", some);
  return Number((await query.executeTakeFirstOrThrow()).numDeletedRows);
};
