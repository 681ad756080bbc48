// What boards said of themselves: target entries, presence, logs, and how far their reports are known.
import type { ProjectId } from "@s4t/contract";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export interface EntryStateRow {
  readonly key: string;
  readonly hash: string;
  readonly state: string;
  readonly code: string | null;
  readonly sentence: string | null;
  readonly since: number;
}

export const listEntryStates = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
  board: string,
): Promise<EntryStateRow[]> => {
  const rows = await queries
    .selectFrom("boards_entries")
    .select(["key", "hash", "state", "code", "sentence", "since"])
    .where("project_id", "=", project)
    .where("board_id", "=", board)
    .orderBy("key")
    .execute();
  return rows.map((row) => ({ ...row, since: Number(row.since) }));
};

export const setEntryStates = async (
  _scope: Scope,
  tx: Tx,
  project: ProjectId,
  board: string,
  rows: readonly EntryStateRow[],
): Promise<void> => {
  await tx.queries
    .deleteFrom("boards_entries")
    .where("project_id", "=", project)
    .where("board_id", "=", board)
    .execute();
  if (rows.length > 0)
    await tx.queries
      .insertInto("boards_entries")
      .values(rows.map((row) => ({ ...row, project_id: project, board_id: board })))
      .execute();
};

/** How many boards of a project, retired ones aside, have told last of just one of these values in the place of an entry. */
export const countTold = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
  key: string,
  hashes: readonly string[],
): Promise<number> => {
  const row = await queries
    .selectFrom("boards_entries as entry")
    .innerJoin("boards as board", "board.uuid", "entry.board_id")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("entry.project_id", "=", project)
    .where("entry.key", "=", key)
    .where("entry.hash", "in", hashes)
    .where("board.retired_at", "is", null)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

export interface PresenceRow {
  readonly at: number;
  readonly event: string;
  readonly reason: string | null;
  readonly address: string | null;
}

export const insertPresence = async (
  _scope: Scope,
  tx: Tx,
  project: ProjectId,
  board: string,
  row: PresenceRow,
): Promise<void> => {
  await tx.queries
    .insertInto("boards_presence")
    .values({ ...row, project_id: project, board_id: board })
    .execute();
};

/** Newest first. */
export const listPresence = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
  board: string,
  before: number,
  limit: number,
): Promise<PresenceRow[]> => {
  const rows = await queries
    .selectFrom("boards_presence")
    .select(["at", "event", "reason", "address"])
    .where("project_id", "=", project)
    .where("board_id", "=", board)
    .where("at", "<", before)
    .orderBy("at", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, at: Number(row.at) }));
};

/** How far a board's reports are known. */
export const findReportCursor = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
  board: string,
): Promise<{ bootId: string; seq: number } | undefined> => {
  const row = await queries
    .selectFrom("boards_reports")
    .select(["boot_id", "seq"])
    .where("project_id", "=", project)
    .where("board_id", "=", board)
    .executeTakeFirst();
  return row && { bootId: row.boot_id, seq: Number(row.seq) };
};

export const setReportCursor = async (
  _scope: Scope,
  tx: Tx,
  project: ProjectId,
  board: string,
  bootId: string,
  seq: number,
): Promise<void> => {
  await tx.queries
    .insertInto("boards_reports")
    .values({ project_id: project, board_id: board, boot_id: bootId, seq })
    .onConflict((conflict) => conflict.column("board_id").doUpdateSet({ boot_id: bootId, seq }))
    .execute();
};
