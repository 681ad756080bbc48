// Which boards are in which fleet.
import type { Selectable } from "kysely";
import { type Build, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type MemberRow = Selectable<Schema["boards_fleets"]>;

const ofBoards = statement(
  ({ projects }, { queries, args }: Build<{ boards: readonly string[] }>) => {
    const query = queries
      .selectFrom("boards_fleets")
      .selectAll()
      .where("board_id", "in", args.boards);
    return projects === "all" ? query : query.where("project_id", "in", projects);
  },
);

/** Memberships of these boards, in no order. */
export const listMemberships = async (
  scope: Scope,
  reader: Reader,
  boards: readonly string[],
): Promise<readonly MemberRow[]> =>
  boards.length === 0 ? [] : (await ofBoards(scope, reader, { boards })).rows;

export const setMembership = async (_scope: Scope, tx: Tx, row: MemberRow): Promise<void> => {
  await tx.queries
    .insertInto("boards_fleets")
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(["board_id", "fleet_id"]).doUpdateSet({ priority: row.priority }),
    )
    .execute();
  await tx.queries
    .updateTable("boards")
    .set({ in_fleets: 1 })
    .where("uuid", "=", row.board_id)
    .execute();
};

export const removeMemberships = async (
  _scope: Scope,
  tx: Tx,
  board: string,
  fleets: readonly string[],
): Promise<void> => {
  if (fleets.length === 0) return;
  await tx.queries
    .deleteFrom("boards_fleets")
    .where("board_id", "=", board)
    .where("fleet_id", "in", fleets)
    .execute();
  const left = tx.queries
    .selectFrom("boards_fleets")
    .select("fleet_id")
    .where("board_id", "=", board);
  await tx.queries
    .updateTable("boards")
    .set({ in_fleets: 0 })
    .where("uuid", "=", board)
    .where((is) => is.not(is.exists(left)))
    .execute();
};

export const countMembers = async (
  scope: Scope,
  { queries }: Reader,
  fleets: readonly string[],
): Promise<Map<string, number>> => {
  if (fleets.length === 0) return new Map();
  let query = queries
    .selectFrom("boards_fleets")
    .select(["fleet_id", (e) => e.fn.countAll<number>().as("count")])
    .where("fleet_id", "in", fleets)
    .groupBy("fleet_id");
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return new Map((await query.execute()).map((row) => [row.fleet_id, Number(row.count)]));
};
