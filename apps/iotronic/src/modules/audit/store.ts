import { type AuditHead, LAST_MOMENT_MS } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { sql } from "kysely";
import { int64 } from "../../edge/int64.ts";
import { type Build, statement } from "../../edge/statement.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

/** A row of the log as stored. */
export interface EntryRow {
  readonly uuid: string;
  readonly idx: number | null;
  readonly at: number;
  readonly project_id: string | null;
  readonly action: string;
  readonly actor_id: string;
  readonly resource_id: string | null;
  readonly payload: string | null;
  readonly salt: string | null;
  readonly leaf: string;
}

export type NewEntryRow = Omit<EntryRow, "idx" | "payload" | "salt"> & {
  readonly payload: string;
  readonly salt: string;
};

const numbered = int64("at", "idx");

const insertRow = statement((_scope, { queries, args }: Build<{ row: NewEntryRow }>) =>
  queries.insertInto("audit_entries").values(args.row),
);

export const insertEntry = async (scope: Scope, tx: Tx, row: NewEntryRow): Promise<void> => {
  await insertRow(scope, tx, { row });
};

/**
 * Numbers up to `limit` rows that have no number yet, oldest first, from `from` on; answers their leaves in that order. One
 * statement: what it returns is what it numbered, whoever writes meanwhile.
 */
export const numberEntries = async (
  _scope: Scope,
  tx: Tx,
  from: number,
  limit: number,
): Promise<string[]> => {
  const { rows } = await sql<{ idx: number | string; leaf: string }>`
    with waiting as (
      select uuid, row_number() over (order by at, uuid) - 1 + ${sql.lit(from)} as place
      from audit_entries where idx is null order by at, uuid limit ${sql.lit(limit)}
    )
    update audit_entries set idx = waiting.place from waiting
    where audit_entries.uuid = waiting.uuid
    returning audit_entries.idx as idx, audit_entries.leaf as leaf`.execute(tx.queries);
  return rows.sort((a, b) => Number(a.idx) - Number(b.idx)).map(({ leaf }) => leaf);
};

/** Whether any row waits for its number. */
export const hasUnnumbered = async (_scope: Scope, reader: Reader): Promise<boolean> =>
  (await reader.queries
    .selectFrom("audit_entries")
    .select("uuid")
    .where("idx", "is", null)
    .limit(1)
    .executeTakeFirst()) !== undefined;

/** How many wait for it. */
export const countUnnumbered = async (_scope: Scope, reader: Reader): Promise<number> => {
  const { count } = await reader.queries
    .selectFrom("audit_entries")
    .select(({ fn }) => fn.countAll().as("count"))
    .where("idx", "is", null)
    .executeTakeFirstOrThrow();
  return Number(count);
};

/** A moment that cannot be is shown as it is stored: its signature then does not hold. */
const showMoment = (at: number): string =>
  Math.abs(at) <= LAST_MOMENT_MS ? toRfc3339(at) : String(at);

/** Entries up to the one with the highest number. */
export const countNumbered = async (_scope: Scope, reader: Reader): Promise<number> => {
  const { last } = await reader.queries
    .selectFrom("audit_entries")
    .select(({ fn }) => fn.max("idx").as("last"))
    .executeTakeFirstOrThrow();
  return last === null ? 0 : Number(last) + 1;
};

export const insertHead = async (_scope: Scope, tx: Tx, head: AuditHead): Promise<void> => {
  await tx.queries
    .insertInto("audit_heads")
    .values({ ...head, at: Date.parse(head.at) })
    .execute();
};

export const listHeads = async (_scope: Scope, reader: Reader): Promise<AuditHead[]> => {
  const rows = await reader.queries.selectFrom("audit_heads").selectAll().orderBy("size").execute();
  return rows.map((row) => ({ ...row, size: Number(row.size), at: showMoment(Number(row.at)) }));
};

export const findLastHead = async (
  _scope: Scope,
  reader: Reader,
): Promise<AuditHead | undefined> => {
  const row = await reader.queries
    .selectFrom("audit_heads")
    .selectAll()
    .orderBy("size", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && { ...row, size: Number(row.size), at: showMoment(Number(row.at)) };
};

/** A stretch of numbered rows in order, from an index on. */
export const listNumbered = async (
  _scope: Scope,
  reader: Reader,
  after: number,
  limit: number,
): Promise<EntryRow[]> => {
  const rows = await reader.queries
    .selectFrom("audit_entries")
    .selectAll()
    .where("idx", "is not", null)
    .where("idx", ">", after)
    .orderBy("idx")
    .orderBy("uuid")
    .limit(limit)
    .execute();
  return rows.map((row) => numbered(row as EntryRow));
};

/** What a list may be narrowed by. */
export interface EntryFilter {
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly resource?: string | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Sort key of the last row of the page before. */
  readonly before?: readonly [at: number, uuid: string] | undefined;
}

/** Newest first. */
export const listEntries = async (
  scope: Scope,
  reader: Reader,
  filter: EntryFilter,
  limit: number,
): Promise<EntryRow[]> => {
  let query = reader.queries.selectFrom("audit_entries").selectAll();
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  const { action, actor, resource, fromMs, toMs, before } = filter;
  if (action !== undefined) query = query.where("action", "=", action);
  if (actor !== undefined) query = query.where("actor_id", "=", actor);
  if (resource !== undefined) query = query.where("resource_id", "=", resource);
  if (fromMs !== undefined) query = query.where("at", ">=", fromMs);
  if (toMs !== undefined) query = query.where("at", "<", toMs);
  if (before)
    query = query.where((e) =>
      e.or([e("at", "<", before[0]), e.and([e("at", "=", before[0]), e("uuid", "<", before[1])])]),
    );
  const rows = await query.orderBy("at", "desc").orderBy("uuid", "desc").limit(limit).execute();
  return rows.map((row) => numbered(row as EntryRow));
};

/** Removes what an entry said and of whom; its leaf stays. Answers whether there was one that still said something. */
export const eraseEntry = async (_scope: Scope, tx: Tx, uuid: string): Promise<boolean> => {
  const { numUpdatedRows } = await tx.queries
    .updateTable("audit_entries")
    .set({ payload: null, salt: null, actor_id: "", resource_id: null })
    .where("uuid", "=", uuid)
    .where("payload", "is not", null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
};
