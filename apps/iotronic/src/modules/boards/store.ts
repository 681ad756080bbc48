import type { Labels, ProjectId } from "@s4t/contract";
import { type Selectable, sql } from "kysely";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type BoardRow = Selectable<Schema["boards"]>;

const isId = (text: string) => text.length === 36 && text[8] === "-";

/** int64 columns come as text from some databases. */
export const numbers = (row: BoardRow): BoardRow => {
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
  await insertLabels(tx, row.uuid, row.labels);
};

/** Labels as rows beside their document: what lists are narrowed by. */
const insertLabels = async (tx: Tx, uuid: string, labels: string): Promise<void> => {
  for (const [name, value] of Object.entries(JSON.parse(labels) as Labels))
    await tx.queries
      .insertInto("boards_labels")
      .columns(["project_id", "board_id", "name", "value"])
      .expression((e) =>
        e
          .selectFrom("boards")
          .where("uuid", "=", uuid)
          .select([
            "project_id",
            "uuid as board_id",
            sql<string>`${name}`.as("name"),
            sql<string>`${value}`.as("value"),
          ]),
      )
      .execute();
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
  const { numUpdatedRows } = await query.executeTakeFirstOrThrow();
  if (set.labels === undefined || numUpdatedRows === 0n) return;
  await tx.queries.deleteFrom("boards_labels").where("board_id", "=", uuid).execute();
  await insertLabels(tx, uuid, set.labels);
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
