// Delegations as rows. Who has one need not be in the board's project, so what is found for a subject sees everything.
import type { ProjectId } from "@s4t/contract";
import type { Selectable } from "kysely";
import { int64 } from "../../edge/int64.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type DelegationRow = Selectable<Schema["delegations"]>;

const numbered = int64("until_at", "created_at", "revoked_at");

export const insertDelegation = async (
  _scope: Scope,
  tx: Tx,
  row: DelegationRow,
): Promise<void> => {
  await tx.queries.insertInto("delegations").values(row).execute();
};

export const findDelegation = async (
  _scope: Scope,
  { queries }: Reader,
  uuid: string,
): Promise<DelegationRow | undefined> => {
  const row = await queries
    .selectFrom("delegations")
    .selectAll()
    .where("uuid", "=", uuid)
    .executeTakeFirst();
  return row && numbered(row);
};

/** The same, held until the transaction ends: nobody takes it back meanwhile. */
export const lockDelegation = async (
  _scope: Scope,
  { dialect, queries }: Tx,
  uuid: string,
): Promise<DelegationRow | undefined> => {
  const query = queries.selectFrom("delegations").selectAll().where("uuid", "=", uuid);
  const row = await (dialect === "sqlite" ? query : query.forUpdate()).executeTakeFirst();
  return row && numbered(row);
};

/** What was given to one of these and is neither over nor taken back. */
export const listGivenTo = async (
  _scope: Scope,
  { queries }: Reader,
  subjects: readonly string[],
  now: number,
): Promise<DelegationRow[]> =>
  (
    await queries
      .selectFrom("delegations")
      .selectAll()
      .where("subject_id", "in", subjects)
      .where("until_at", ">", now)
      .where("revoked_at", "is", null)
      .orderBy("created_at")
      .execute()
  ).map(numbered);

export const listDelegations = async (
  scope: Scope,
  { queries }: Reader,
  of: {
    readonly board?: string | undefined;
    readonly after?: readonly [at: number, uuid: string] | undefined;
  },
  limit: number,
): Promise<DelegationRow[]> => {
  const { after, board } = of;
  let query = queries
    .selectFrom("delegations")
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("uuid", "desc")
    .limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  if (board !== undefined) query = query.where("board_id", "=", board);
  if (after)
    query = query.where((e) =>
      e.or([
        e("created_at", "<", after[0]),
        e.and([e("created_at", "=", after[0]), e("uuid", "<", after[1])]),
      ]),
    );
  return (await query.execute()).map(numbered);
};

/** How many of a board stand. */
export const countStanding = async (
  _scope: Scope,
  { queries }: Reader,
  board: string,
  now: number,
): Promise<number> => {
  const row = await queries
    .selectFrom("delegations")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("board_id", "=", board)
    .where("until_at", ">", now)
    .where("revoked_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

/** How many were given to somebody and stand. */
export const countGivenTo = async (
  _scope: Scope,
  { queries }: Reader,
  subject: string,
  now: number,
): Promise<number> => {
  const row = await queries
    .selectFrom("delegations")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("subject_id", "=", subject)
    .where("until_at", ">", now)
    .where("revoked_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

/**
 * One generation: takes these back and answers what rests on them and still stands, which is bounded as a board's delegations are.
 * What is over, or was taken back, has nothing below it that stands. The caller goes on with that.
 */
export const revokeDelegations = async (
  _scope: Scope,
  { queries }: Tx,
  uuids: readonly string[],
  now: number,
): Promise<string[]> => {
  await queries
    .updateTable("delegations")
    .set({ revoked_at: now })
    .where("uuid", "in", uuids)
    .where("revoked_at", "is", null)
    .execute();
  const next = await queries
    .selectFrom("delegations")
    .select("uuid")
    .where("parent_id", "in", uuids)
    .where("until_at", ">", now)
    .where("revoked_at", "is", null)
    .execute();
  return next.map(({ uuid }) => uuid);
};

/** A project is gone: what was given of its boards, and to it. */
export const removeDelegations = async (
  _scope: Scope,
  tx: Tx,
  project: ProjectId,
): Promise<void> => {
  await tx.queries
    .deleteFrom("delegations")
    .where((e) => e.or([e("project_id", "=", project), e("subject_id", "=", project)]))
    .execute();
};
