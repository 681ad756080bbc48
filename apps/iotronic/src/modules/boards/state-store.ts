// What boards said of themselves: target entries, presence, logs, and how far their reports are known.
import type { ProjectId } from "@s4t/contract";
import { type Build, statement } from "../../edge/statement.ts";
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

interface OfBoard {
  readonly project: ProjectId;
  readonly board: string;
}

const listEntries = statement((_scope, { queries, args }: Build<OfBoard>) =>
  queries
    .selectFrom("boards_entries")
    .select(["key", "hash", "state", "code", "sentence", "since"])
    .where("project_id", "=", args.project)
    .where("board_id", "=", args.board)
    .orderBy("key"),
);

export const listEntryStates = async (
  scope: Scope,
  reader: Reader,
  project: ProjectId,
  board: string,
): Promise<EntryStateRow[]> =>
  (await listEntries(scope, reader, { project, board })).rows.map((row) => ({
    ...row,
    since: Number(row.since),
  }));

const putEntry = statement(
  (_scope, { queries, args }: Build<OfBoard & { readonly row: EntryStateRow }>) => {
    const { key: _, ...told } = args.row;
    return queries
      .insertInto("boards_entries")
      .values({ ...args.row, project_id: args.project, board_id: args.board })
      .onConflict((conflict) =>
        conflict.columns(["project_id", "board_id", "key"]).doUpdateSet(told),
      );
  },
);
const removeEntry = statement(
  (_scope, { queries, args }: Build<OfBoard & { readonly key: string }>) =>
    queries
      .deleteFrom("boards_entries")
      .where("project_id", "=", args.project)
      .where("board_id", "=", args.board)
      .where("key", "=", args.key),
);

const isSame = (a: EntryStateRow, b: EntryStateRow | undefined): boolean =>
  b !== undefined &&
  a.hash === b.hash &&
  a.state === b.state &&
  a.code === b.code &&
  a.sentence === b.sentence &&
  a.since === b.since;

/** Makes `rows` what a board has told, where `before` is what it had told: only what differs is written. Answers whether anything does. */
export const setEntryStates = async (
  scope: Scope,
  tx: Tx,
  project: ProjectId,
  board: string,
  before: ReadonlyMap<string, EntryStateRow>,
  rows: readonly EntryStateRow[],
): Promise<boolean> => {
  const changed = rows.filter((row) => !isSame(row, before.get(row.key)));
  const told = new Set(rows.map(({ key }) => key));
  const gone = [...before.keys()].filter((key) => !told.has(key));
  for (const row of changed) await putEntry(scope, tx, { project, board, row });
  for (const key of gone) await removeEntry(scope, tx, { project, board, key });
  return changed.length + gone.length > 0;
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

const insertEvent = statement(
  (_scope, { queries, args }: Build<OfBoard & { readonly row: PresenceRow }>) =>
    queries
      .insertInto("boards_presence")
      .values({ ...args.row, project_id: args.project, board_id: args.board }),
);

export const insertPresence = async (
  scope: Scope,
  tx: Tx,
  project: ProjectId,
  board: string,
  row: PresenceRow,
): Promise<void> => {
  await insertEvent(scope, tx, { project, board, row });
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

const findPlace = statement(
  (_scope, { queries, args }: Build<OfBoard & { readonly epoch: number }>) =>
    queries
      .selectFrom("boards as board")
      .leftJoin("boards_reports as report", "report.board_id", "board.uuid")
      .select(["report.boot_id", "report.seq"])
      .where("board.project_id", "=", args.project)
      .where("board.uuid", "=", args.board)
      .where("board.epoch", "=", args.epoch)
      .where("board.retired_at", "is", null),
);

/** How far a board's reports are known; undefined where the session of this epoch is not its present one. */
export const findReportPlace = async (
  scope: Scope,
  reader: Reader,
  project: ProjectId,
  board: string,
  epoch: number,
): Promise<{ bootId: string | null; seq: number } | undefined> => {
  const { rows } = await findPlace(scope, reader, { project, board, epoch });
  const [row] = rows;
  return row && { bootId: row.boot_id, seq: Number(row.seq) };
};

const setCursor = statement(
  (_scope, { queries, args }: Build<OfBoard & { readonly bootId: string; readonly seq: number }>) =>
    queries
      .insertInto("boards_reports")
      .values({
        ...{ project_id: args.project, board_id: args.board },
        ...{ boot_id: args.bootId, seq: args.seq },
      })
      .onConflict((conflict) =>
        conflict.column("board_id").doUpdateSet({ boot_id: args.bootId, seq: args.seq }),
      ),
);

export const setReportCursor = async (
  scope: Scope,
  tx: Tx,
  project: ProjectId,
  board: string,
  bootId: string,
  seq: number,
): Promise<void> => {
  await setCursor(scope, tx, { project, board, bootId, seq });
};
