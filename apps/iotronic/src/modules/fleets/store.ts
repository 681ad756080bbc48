import { isUuid, type ProjectId } from "@s4t/contract";
import type { Selectable } from "kysely";
import { int64 } from "../../edge/int64.ts";
import { type Build, byIdOrName, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type FleetRow = Selectable<Schema["fleets"]>;

const numbered = int64("rev", "created_at", "updated_at");

const find = byIdOrName<FleetRow>((column) =>
  statement(({ projects }, { queries, args }: Build<{ key: string }>) => {
    const query = queries.selectFrom("fleets").selectAll().where(column, "=", args.key).limit(1);
    return projects === "all" ? query : query.where("project_id", "in", projects);
  }),
);

/** By id or, within one project, by name. */
export const findFleet = async (
  scope: Scope,
  reader: Reader,
  idOrName: string,
): Promise<FleetRow | undefined> => {
  const row = await find(scope, reader, idOrName);
  return row && numbered(row);
};

/** Ids of all that are called so. */
export const listMatching = async (
  scope: Scope,
  { queries }: Reader,
  idOrName: string,
): Promise<string[]> => {
  let query = queries
    .selectFrom("fleets")
    .select("uuid")
    .where(isUuid(idOrName) ? "uuid" : "name", "=", idOrName);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return (await query.execute()).map(({ uuid }) => uuid);
};

/**
 * Until the transaction ends the fleet is not removed; `toRemove`: nor joined, and who was at that has ended. Answers whether it is
 * there.
 */
export const lockFleet = async (
  _scope: Scope,
  { dialect, queries }: Tx,
  uuid: string,
  { toRemove }: { readonly toRemove: boolean },
): Promise<boolean> => {
  const query = queries.selectFrom("fleets").select("uuid").where("uuid", "=", uuid);
  // SQLite has one writer at a time, and no word for it.
  const locking = dialect === "sqlite" ? query : toRemove ? query.forUpdate() : query.forKeyShare();
  return (await locking.executeTakeFirst()) !== undefined;
};

export const listNames = async (
  scope: Scope,
  { queries }: Reader,
  uuids: readonly string[],
): Promise<Map<string, string>> => {
  let query = queries.selectFrom("fleets").select(["uuid", "name"]).where("uuid", "in", uuids);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return new Map((await query.execute()).map(({ uuid, name }) => [uuid, name]));
};

export const listFleets = async (
  scope: Scope,
  { queries }: Reader,
  after: readonly [name: string, uuid: string] | undefined,
  limit: number,
): Promise<FleetRow[]> => {
  let query = queries.selectFrom("fleets").selectAll().orderBy("name").orderBy("uuid").limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  if (after)
    query = query.where((e) =>
      e.or([e("name", ">", after[0]), e.and([e("name", "=", after[0]), e("uuid", ">", after[1])])]),
    );
  return (await query.execute()).map(numbered);
};

export const insertFleet = async (_scope: Scope, tx: Tx, row: FleetRow): Promise<void> => {
  await tx.queries.insertInto("fleets").values(row).execute();
};

export const updateFleet = async (
  _scope: Scope,
  tx: Tx,
  uuid: string,
  set: Partial<FleetRow>,
): Promise<void> => {
  await tx.queries.updateTable("fleets").set(set).where("uuid", "=", uuid).execute();
};

export const removeFleet = async (_scope: Scope, tx: Tx, uuid: string): Promise<void> => {
  await tx.queries.deleteFrom("fleets").where("uuid", "=", uuid).execute();
};

export const countFleets = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
): Promise<number> => {
  const row = await queries
    .selectFrom("fleets")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("project_id", "=", project)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

/** The project is gone. */
export const removeFleets = async (_scope: Scope, tx: Tx, project: ProjectId): Promise<void> => {
  await tx.queries.deleteFrom("fleets").where("project_id", "=", project).execute();
};
