import type { Labels, ProjectId } from "@s4t/contract";
import { type Selectable, sql } from "kysely";
import { int64 } from "../../edge/int64.ts";
import { type Build, byIdOrName, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import { everything, type Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type BoardRow = Selectable<Schema["boards"]>;

export const numbers: (row: BoardRow) => BoardRow = int64(
  ...["rev", "epoch", "since", "last_seen_at", "busy_until", "target_wanted", "target_reached"],
  ...["created_at", "updated_at", "retired_at"],
);

const insertRow = statement((_scope, { queries, args }: Build<{ row: BoardRow }>) =>
  queries.insertInto("boards").values(args.row),
);

export const insertBoard = async (scope: Scope, tx: Tx, row: BoardRow): Promise<void> => {
  await insertRow(scope, tx, { row });
  await insertLabels(tx, row.uuid, row.labels);
};

const insertLabel = statement(
  (_scope, { queries, args }: Build<{ uuid: string; name: string; value: string }>) =>
    queries
      .insertInto("boards_labels")
      .columns(["project_id", "board_id", "name", "value"])
      .expression((e) =>
        e
          .selectFrom("boards")
          .where("uuid", "=", args.uuid)
          .select([
            "project_id",
            "uuid as board_id",
            sql<string>`${args.name}`.as("name"),
            sql<string>`${args.value}`.as("value"),
          ]),
      ),
);

/** Labels as rows beside their document: what lists are narrowed by. */
const insertLabels = async (tx: Tx, uuid: string, labels: string): Promise<void> => {
  for (const [name, value] of Object.entries(JSON.parse(labels) as Labels))
    await insertLabel(everything, tx, { uuid, name, value });
};

const removeLabels = statement((_scope, { queries, args }: Build<{ uuid: string }>) =>
  queries.deleteFrom("boards_labels").where("board_id", "=", args.uuid),
);

const findBy = (column: "uuid" | "name" | "pubkey") =>
  statement(({ projects }, { queries, args }: Build<{ key: string }>) => {
    const query = queries.selectFrom("boards").selectAll().where(column, "=", args.key).limit(1);
    return projects === "all" ? query : query.where("project_id", "in", projects);
  });
const find = byIdOrName<BoardRow>(findBy);
const findByKey = findBy("pubkey");

/** By id or, within one project, by name. */
export const findBoard = async (
  scope: Scope,
  reader: Reader,
  idOrName: string,
): Promise<BoardRow | undefined> => {
  const row = await find(scope, reader, idOrName);
  return row && numbers(row);
};

const updateRow = statement(
  ({ projects }, { queries, args }: Build<{ uuid: string; set: Partial<BoardRow> }>) => {
    const query = queries.updateTable("boards").set(args.set).where("uuid", "=", args.uuid);
    return projects === "all" ? query : query.where("project_id", "in", projects);
  },
);

export const updateBoard = async (
  scope: Scope,
  tx: Tx,
  uuid: string,
  set: Partial<BoardRow>,
): Promise<void> => {
  const { numAffectedRows } = await updateRow(scope, tx, { uuid, set });
  if (set.labels === undefined || !numAffectedRows) return;
  await removeLabels(scope, tx, { uuid });
  await insertLabels(tx, uuid, set.labels);
};

/** How many are in which state; `fleets`: only of those that are in one of them. */
export const countByStatus = async (
  scope: Scope,
  { queries }: Reader,
  fleets?: readonly string[],
): Promise<Map<string, number>> => {
  let query = queries
    .selectFrom("boards")
    .select(["status", (e) => e.fn.countAll<number>().as("count")])
    .groupBy("status");
  if (fleets)
    query = query.where("uuid", "in", (e) =>
      e.selectFrom("boards_fleets").select("board_id").where("fleet_id", "in", fleets),
    );
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return new Map((await query.execute()).map(({ status, count }) => [status, Number(count)]));
};

const countOf = async (
  { queries }: Reader,
  project: ProjectId,
  which: "all" | "active",
): Promise<number> => {
  let query = queries
    .selectFrom("boards")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("project_id", "=", project);
  if (which === "active") query = query.where("retired_at", "is", null);
  return Number((await query.executeTakeFirstOrThrow()).count);
};

export const countBoards = (_scope: Scope, reader: Reader, project: ProjectId): Promise<number> =>
  countOf(reader, project, "all");

/** Boards that are not retired. */
export const countActive = (_scope: Scope, reader: Reader, project: ProjectId): Promise<number> =>
  countOf(reader, project, "active");

/** Removes the retired boards of a project, with all that is known of them. */
export const removeRetired = async (_scope: Scope, tx: Tx, project: ProjectId): Promise<void> => {
  await tx.queries
    .deleteFrom("boards")
    .where("project_id", "=", project)
    .where("retired_at", "is not", null)
    .execute();
  await tx.queries.deleteFrom("boards_values").where("project_id", "=", project).execute();
};

export const listConnected = async (scope: Scope, { queries }: Reader): Promise<BoardRow[]> => {
  let query = queries.selectFrom("boards").selectAll().where("connected", "=", 1);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return (await query.execute()).map(numbers);
};

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
  scope: Scope,
  reader: Reader,
  pubkey: string,
): Promise<BoardRow | undefined> => {
  const { rows } = await findByKey(scope, reader, { key: pubkey });
  return rows[0] && numbers(rows[0]);
};

/** A new revision is wanted of every board of the scope that is not retired; answers the boards and their revisions. */
export const wantMore = async (
  scope: Scope,
  tx: Tx,
  now: number,
): Promise<readonly Pick<BoardRow, "uuid" | "target_wanted">[]> => {
  let query = tx.queries
    .updateTable("boards")
    .set((e) => ({ target_wanted: e("target_wanted", "+", 1), updated_at: now }))
    .where("retired_at", "is", null)
    .returning(["uuid", "target_wanted"]);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return (await query.execute()).map((row) => ({
    uuid: row.uuid,
    target_wanted: Number(row.target_wanted),
  }));
};
