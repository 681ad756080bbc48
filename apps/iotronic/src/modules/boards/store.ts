import type { ProjectId } from "@s4t/contract";
import { type Selectable, sql } from "kysely";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type BoardRow = Selectable<Schema["boards"]>;

const isId = (text: string) => text.length === 36 && text[8] === "-";

/** int64 columns come as text from some databases. */
const numbers = (row: BoardRow): BoardRow => {
  if (typeof row.created_at === "number") return row;
  const copy: Record<string, unknown> = { ...row };
  for (const name of [
    "rev",
    "epoch",
    "since",
    "last_seen_at",
    "busy_until",
    "target_wanted",
    "target_reached",
    "created_at",
    "updated_at",
    "retired_at",
  ])
    if (copy[name] !== null) copy[name] = Number(copy[name]);
  return copy as BoardRow;
};

export const insertBoard = async (_scope: Scope, tx: Tx, row: BoardRow): Promise<void> => {
  await tx.queries.insertInto("boards").values(row).execute();
};

/** By id or, within one project, by name. */
export const findBoard = async (
  scope: Scope,
  { queries }: Reader,
  idOrName: string,
): Promise<BoardRow | undefined> => {
  let query = queries
    .selectFrom("boards")
    .selectAll()
    .where(isId(idOrName) ? "uuid" : "name", "=", idOrName)
    .limit(1);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  const row = await query.executeTakeFirst();
  return row && numbers(row);
};

export const updateBoard = async (
  scope: Scope,
  tx: Tx,
  uuid: string,
  set: Partial<BoardRow>,
): Promise<void> => {
  let query = tx.queries.updateTable("boards").set(set).where("uuid", "=", uuid);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  await query.execute();
};

export type BoardSort = "name" | "seen" | "created";

export interface BoardFilter {
  readonly states?: readonly string[] | undefined;
  readonly text?: string | undefined;
  readonly label?: { readonly name: string; readonly value: string | undefined } | undefined;
  readonly sort: BoardSort;
  readonly descending: boolean;
  readonly after?: readonly [key: string | number, uuid: string] | undefined;
}

const sortColumns = { name: "name", seen: "last_seen_at", created: "created_at" } as const;
const escapeLike = (text: string) => text.replace(/[\\%_]/g, (c) => `\\${c}`);

/** Shortest text that the trigram index can look up. */
const trigram = 3;

export const listBoards = async (
  scope: Scope,
  { queries, dialect }: Reader,
  filter: BoardFilter,
  limit: number,
): Promise<BoardRow[]> => {
  const column = sortColumns[filter.sort];
  const key =
    column === "last_seen_at"
      ? sql<number>`coalesce(last_seen_at, 0)`
      : sql.ref<string | number>(column);
  let query = queries.selectFrom("boards").selectAll().limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  // What is retired is history: shown to whoever asks for it.
  query = filter.states
    ? query.where("status", "in", filter.states)
    : query.where("status", "<>", "retired");
  if (filter.text !== undefined) {
    const text = filter.text.toLowerCase();
    query =
      dialect === "sqlite" && text.length >= trigram
        ? query.where(
            sql<boolean>`rowid in (select rowid from boards_search where boards_search match ${`"${text.replaceAll('"', '""')}"`})`,
          )
        : query.where(sql<boolean>`search like ${`%${escapeLike(text)}%`} escape '\\'`);
  }
  if (filter.label) {
    const { name, value } = filter.label;
    const member =
      dialect === "sqlite"
        ? sql<string | null>`json_extract(labels, ${`$."${name}"`})`
        : sql<string | null>`labels::json ->> ${name}`;
    query =
      value === undefined
        ? query.where(sql<boolean>`${member} is not null`)
        : query.where(sql<boolean>`${member} = ${value}`);
  }
  if (filter.after) {
    const [value, uuid] = filter.after;
    query = query.where(
      filter.descending
        ? sql<boolean>`(${key} < ${value} or (${key} = ${value} and uuid < ${uuid}))`
        : sql<boolean>`(${key} > ${value} or (${key} = ${value} and uuid > ${uuid}))`,
    );
  }
  const order = filter.descending ? "desc" : "asc";
  const rows = await query.orderBy(key, order).orderBy("uuid", order).execute();
  return rows.map(numbers);
};

export const countByStatus = async (
  scope: Scope,
  { queries }: Reader,
): Promise<Map<string, number>> => {
  let query = queries
    .selectFrom("boards")
    .select(["status", (e) => e.fn.countAll<number>().as("count")])
    .groupBy("status");
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return new Map((await query.execute()).map(({ status, count }) => [status, Number(count)]));
};

export const countBoards = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
): Promise<number> => {
  const row = await queries
    .selectFrom("boards")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("project_id", "=", project)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

export const listConnected = async (_scope: Scope, { queries }: Reader): Promise<BoardRow[]> =>
  (await queries.selectFrom("boards").selectAll().where("connected", "=", 1).execute()).map(
    numbers,
  );

/** Boards that announced a restart and are late. */
export const listLate = async (
  _scope: Scope,
  { queries }: Reader,
  now: number,
): Promise<BoardRow[]> =>
  (
    await queries
      .selectFrom("boards")
      .selectAll()
      .where("status", "=", "busy")
      .where("busy_until", "<", now)
      .execute()
  ).map(numbers);

export const findByPubkey = async (
  _scope: Scope,
  { queries }: Reader,
  pubkey: string,
): Promise<BoardRow | undefined> => {
  const row = await queries
    .selectFrom("boards")
    .selectAll()
    .where("pubkey", "=", pubkey)
    .executeTakeFirst();
  return row && numbers(row);
};

/** A new revision is wanted of every board that is not retired. */
export const wantMore = async (_scope: Scope, tx: Tx): Promise<void> => {
  await tx.queries
    .updateTable("boards")
    .set((e) => ({ target_wanted: e("target_wanted", "+", 1) }))
    .where("retired_at", "is", null)
    .execute();
};
