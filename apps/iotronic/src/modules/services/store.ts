import type { ProjectId } from "@s4t/contract";
import type { Selectable } from "kysely";
import { int64 } from "../../edge/int64.ts";
import { type Build, byIdOrName, statement } from "../../edge/statement.ts";
import type { Schema } from "../../migrations/schema.ts";
import type { Scope } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";

export type ServiceRow = Selectable<Schema["services"]>;
export type ExposureRow = Selectable<Schema["services_exposures"]>;
export type PortRow = Selectable<Schema["services_ports"]>;
export type ForwardRow = Selectable<Schema["services_forwards"]>;
export type StreamRow = Selectable<Schema["services_streams"]>;

/** An exposure with the service that it opens. */
export type ExposedRow = ExposureRow & Pick<ServiceRow, "name" | "host" | "port" | "protocol">;

const numbered = int64("rev", "created_at", "updated_at", "expires_at", "released_at");

const find = byIdOrName<ServiceRow>((column) =>
  statement(({ projects }, { queries, args }: Build<{ key: string }>) => {
    const query = queries.selectFrom("services").selectAll().where(column, "=", args.key).limit(1);
    return projects === "all" ? query : query.where("project_id", "in", projects);
  }),
);

/** By id or, within one project, by name. */
export const findService = async (
  scope: Scope,
  reader: Reader,
  idOrName: string,
): Promise<ServiceRow | undefined> => {
  const row = await find(scope, reader, idOrName);
  return row && numbered(row);
};

export const listServices = async (
  scope: Scope,
  { queries }: Reader,
  after: readonly [name: string, uuid: string] | undefined,
  limit: number,
): Promise<ServiceRow[]> => {
  let query = queries
    .selectFrom("services")
    .selectAll()
    .orderBy("name")
    .orderBy("uuid")
    .limit(limit);
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  if (after)
    query = query.where((e) =>
      e.or([e("name", ">", after[0]), e.and([e("name", "=", after[0]), e("uuid", ">", after[1])])]),
    );
  return (await query.execute()).map(numbered);
};

export const insertService = async (_scope: Scope, tx: Tx, row: ServiceRow): Promise<void> => {
  await tx.queries.insertInto("services").values(row).execute();
};

export const updateService = async (
  _scope: Scope,
  tx: Tx,
  uuid: string,
  set: Partial<ServiceRow>,
): Promise<void> => {
  await tx.queries.updateTable("services").set(set).where("uuid", "=", uuid).execute();
};

export const removeService = async (_scope: Scope, tx: Tx, uuid: string): Promise<void> => {
  await tx.queries.deleteFrom("services").where("uuid", "=", uuid).execute();
};

export const countServices = async (
  _scope: Scope,
  { queries }: Reader,
  project: ProjectId,
): Promise<number> => {
  const row = await queries
    .selectFrom("services")
    .select((e) => e.fn.countAll<number>().as("count"))
    .where("project_id", "=", project)
    .executeTakeFirstOrThrow();
  return Number(row.count);
};

const exposed = (queries: Reader["queries"]) =>
  queries
    .selectFrom("services_exposures as exposure")
    .innerJoin("services as service", "service.uuid", "exposure.service_id")
    .selectAll("exposure")
    .select(["service.name", "service.host", "service.port", "service.protocol"]);

const exposedOn = statement(({ projects }, { queries, args }: Build<{ board: string }>) => {
  const query = exposed(queries)
    .where("exposure.board_id", "=", args.board)
    .orderBy("exposure.service_id");
  return projects === "all" ? query : query.where("exposure.project_id", "in", projects);
});

/** What is exposed on a board, by id of the service. */
export const listExposedOn = async (
  scope: Scope,
  reader: Reader,
  board: string,
): Promise<ExposedRow[]> => (await exposedOn(scope, reader, { board })).rows.map(numbered);

/** Narrowed by board, service or public port. */
export interface ExposureFilter {
  readonly board?: string;
  readonly service?: string;
  readonly publicPort?: number;
  readonly after?: readonly [board: string, service: string] | undefined;
}

export const listExposures = async (
  scope: Scope,
  { queries }: Reader,
  { board, service, publicPort, after }: ExposureFilter,
  limit?: number,
): Promise<ExposedRow[]> => {
  let query = exposed(queries).orderBy("exposure.board_id").orderBy("exposure.service_id");
  if (scope.projects !== "all") query = query.where("exposure.project_id", "in", scope.projects);
  if (board !== undefined) query = query.where("exposure.board_id", "=", board);
  if (service !== undefined) query = query.where("exposure.service_id", "=", service);
  if (publicPort !== undefined) query = query.where("exposure.public_port", "=", publicPort);
  if (after)
    query = query.where((e) =>
      e.or([
        e("exposure.board_id", ">", after[0]),
        e.and([e("exposure.board_id", "=", after[0]), e("exposure.service_id", ">", after[1])]),
      ]),
    );
  if (limit !== undefined) query = query.limit(limit);
  return (await query.execute()).map(numbered);
};

/** How many boards each of these services is exposed on. */
export const countExposures = async (
  scope: Scope,
  { queries }: Reader,
  services: readonly string[],
): Promise<Map<string, number>> => {
  if (services.length === 0) return new Map();
  let query = queries
    .selectFrom("services_exposures")
    .select(["service_id", (e) => e.fn.countAll<number>().as("count")])
    .where("service_id", "in", services)
    .groupBy("service_id");
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  return new Map((await query.execute()).map((row) => [row.service_id, Number(row.count)]));
};

export const insertExposure = async (_scope: Scope, tx: Tx, row: ExposureRow): Promise<void> => {
  await tx.queries.insertInto("services_exposures").values(row).execute();
};

export const updateExposure = async (
  _scope: Scope,
  tx: Tx,
  { board_id, service_id }: Pick<ExposureRow, "board_id" | "service_id">,
  set: Partial<ExposureRow>,
): Promise<void> => {
  await tx.queries
    .updateTable("services_exposures")
    .set(set)
    .where("board_id", "=", board_id)
    .where("service_id", "=", service_id)
    .execute();
};

export const removeExposure = async (
  _scope: Scope,
  tx: Tx,
  { board_id, service_id }: Pick<ExposureRow, "board_id" | "service_id">,
): Promise<void> => {
  await tx.queries
    .deleteFrom("services_exposures")
    .where("board_id", "=", board_id)
    .where("service_id", "=", service_id)
    .execute();
};

/** Exposures whose time is over. */
export const listOverdueExposures = async (
  scope: Scope,
  { queries }: Reader,
  now: number,
): Promise<ExposedRow[]> => {
  let query = exposed(queries).where("exposure.expires_at", "<=", now).limit(500);
  if (scope.projects !== "all") query = query.where("exposure.project_id", "in", scope.projects);
  return (await query.execute()).map(numbered);
};

/** Leases of all public ports: ports stand above projects. */
export const listPorts = async (_scope: Scope, { queries }: Reader): Promise<PortRow[]> =>
  (await queries.selectFrom("services_ports").selectAll().execute()).map(numbered);

export const setPort = async (_scope: Scope, tx: Tx, row: PortRow): Promise<void> => {
  await tx.queries
    .insertInto("services_ports")
    .values(row)
    .onConflict((conflict) => conflict.column("port").doUpdateSet(row))
    .execute();
};

export const insertForward = async (_scope: Scope, tx: Tx, row: ForwardRow): Promise<void> => {
  await tx.queries.insertInto("services_forwards").values(row).execute();
};

const forwardsOn = statement(({ projects }, { queries, args }: Build<{ board: string }>) => {
  const query = queries
    .selectFrom("services_forwards")
    .selectAll()
    .where("board_id", "=", args.board)
    .orderBy("uuid");
  return projects === "all" ? query : query.where("project_id", "in", projects);
});

/** Forwards to a board, by id. */
export const listForwardsOn = async (
  scope: Scope,
  reader: Reader,
  board: string,
): Promise<ForwardRow[]> => (await forwardsOn(scope, reader, { board })).rows.map(numbered);

export const listForwards = async (
  scope: Scope,
  { queries }: Reader,
  filter: { readonly uuid?: string; readonly expiredAt?: number },
): Promise<ForwardRow[]> => {
  let query = queries.selectFrom("services_forwards").selectAll().orderBy("uuid");
  if (scope.projects !== "all") query = query.where("project_id", "in", scope.projects);
  if (filter.uuid !== undefined) query = query.where("uuid", "=", filter.uuid);
  if (filter.expiredAt !== undefined) query = query.where("expires_at", "<=", filter.expiredAt);
  return (await query.execute()).map(numbered);
};

/** The project is gone. */
export const removeForwards = async (_scope: Scope, tx: Tx, project: ProjectId): Promise<void> => {
  await tx.queries.deleteFrom("services_forwards").where("project_id", "=", project).execute();
};

export const renewForward = async (
  _scope: Scope,
  tx: Tx,
  uuid: string,
  expiresAt: number,
): Promise<boolean> => {
  const { numUpdatedRows } = await tx.queries
    .updateTable("services_forwards")
    .set({ expires_at: expiresAt })
    .where("uuid", "=", uuid)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
};

export const removeForward = async (_scope: Scope, tx: Tx, uuid: string): Promise<boolean> => {
  const { numDeletedRows } = await tx.queries
    .deleteFrom("services_forwards")
    .where("uuid", "=", uuid)
    .executeTakeFirst();
  return numDeletedRows > 0n;
};

const insertStreamRow = statement((_scope, { queries, args }: Build<{ row: StreamRow }>) =>
  queries.insertInto("services_streams").values(args.row),
);
const deleteStreamRow = statement((_scope, { queries, args }: Build<{ uuid: string }>) =>
  queries.deleteFrom("services_streams").where("uuid", "=", args.uuid),
);

export const insertStream = async (scope: Scope, tx: Tx, row: StreamRow): Promise<void> => {
  await insertStreamRow(scope, tx, { row });
};

export const removeStream = async (scope: Scope, tx: Tx, uuid: string): Promise<void> => {
  await deleteStreamRow(scope, tx, { uuid });
};

/** Every stream that is on record as open. */
export const listStreams = async (_scope: Scope, { queries }: Reader): Promise<StreamRow[]> =>
  queries.selectFrom("services_streams").selectAll().orderBy("uuid").execute();
