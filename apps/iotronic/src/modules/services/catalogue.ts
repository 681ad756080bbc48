// The catalogue: what a project's boards may serve.
import { type BodyOf, fail, type ProjectId, type rest, type Service } from "@s4t/contract";
import { newId } from "../../edge/id.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { requireRev } from "../../edge/revision.ts";
import { holdRow } from "../../edge/statement.ts";
import { orTaken } from "../../edge/taken.ts";
import { type Actor, type Scope, within } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import { getService, noteService, type ServicesDependencies } from "./change.ts";
import { BOARD_LOOPBACK, doorOf, showService } from "./service.ts";
import {
  countExposures,
  countServices,
  findService,
  insertService,
  listExposures,
  listServices,
  removeService,
  type ServiceRow,
  updateService,
} from "./store.ts";

/** Most services of one project: a catalogue is read by people. */
export const MAX_SERVICES_PER_PROJECT = 1_000;

export interface Catalogue {
  list(
    actor: Actor,
    scope: Scope,
    query: PageQuery,
  ): Promise<{ items: Service[]; next: string | null }>;
  create(
    actor: Actor,
    project: ProjectId,
    body: BodyOf<typeof rest.services.create>,
  ): Promise<Service>;
  show(actor: Actor, scope: Scope, idOrName: string): Promise<Service>;
  update(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    body: BodyOf<typeof rest.services.update>,
    ifMatch: number | undefined,
  ): Promise<Service>;
  remove(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    ifMatch: number | undefined,
  ): Promise<undefined>;
}

/** Within a transaction: as it is now, and nobody else's to change until the end. */
const holdService = async (scope: Scope, tx: Tx, idOrName: string): Promise<ServiceRow> => {
  const { uuid } = await getService(scope, tx, idOrName);
  await holdRow(tx, "services", uuid);
  return getService(scope, tx, uuid);
};

/** Makes the verbs. */
export const createCatalogue = (deps: ServicesDependencies): Catalogue => {
  const { database, clock, gateway } = deps;
  const countOf = async (scope: Scope, reader: Reader, uuid: string): Promise<number> =>
    (await countExposures(scope, reader, [uuid])).get(uuid) ?? 0;

  return {
    list: (actor, scope, query) =>
      database.read(scope, async (reader) => {
        const after =
          query.after === undefined ? undefined : parseCursor(query.after, ["string", "string"]);
        const rows = await listServices(scope, reader, after, pageSizeOf(query) + 1);
        const counts = await countExposures(
          scope,
          reader,
          rows.map(({ uuid }) => uuid),
        );
        return pageOf(
          rows,
          query,
          (row) => [row.name, row.uuid],
          (row) => showService(actor, row, counts.get(row.uuid) ?? 0),
        );
      }),
    create(actor, project, body) {
      const scope = within(project);
      const taken = () => fail("service.name-taken", { name: body.name });
      const made = database.write(scope, async (tx) => {
        if (await findService(scope, tx, body.name)) throw taken();
        if ((await countServices(scope, tx, project)) >= MAX_SERVICES_PER_PROJECT)
          throw fail("quota.exceeded", { limit: MAX_SERVICES_PER_PROJECT, what: "services" });
        const now = clock.now();
        const row: ServiceRow = {
          uuid: newId(),
          project_id: project,
          name: body.name,
          protocol: body.protocol ?? "tcp",
          host: body.host ?? BOARD_LOOPBACK,
          port: body.port,
          description: body.description ?? "",
          labels: JSON.stringify(body.labels ?? {}),
          rev: 1,
          created_at: now,
          updated_at: now,
        };
        await insertService(scope, tx, row);
        await noteService(deps, tx, actor, "service.create", row, { port: row.port });
        return showService(actor, row, 0);
      });
      return orTaken(made, taken);
    },
    show: (actor, scope, idOrName) =>
      database.read(scope, async (reader) => {
        const row = await getService(scope, reader, idOrName);
        return showService(actor, row, await countOf(scope, reader, row.uuid));
      }),
    update: (actor, scope, idOrName, body, ifMatch) =>
      database.write(scope, async (tx) => {
        const row = await holdService(scope, tx, idOrName);
        requireRev(ifMatch, row.rev);
        const { labels, ...plain } = body;
        const set = {
          ...plain,
          ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
          rev: row.rev + 1,
          updated_at: clock.now(),
        };
        const next: ServiceRow = { ...row, ...set };
        await updateService(scope, tx, row.uuid, set);
        await noteService(deps, tx, actor, "service.update", next, {
          changed: Object.keys(body),
        });
        const exposures = await listExposures(scope, tx, { service: row.uuid });
        if (next.host !== row.host || next.port !== row.port)
          for (const exposure of exposures) {
            const board = await deps.wishes.find(
              within(row.project_id as ProjectId),
              exposure.board_id,
            );
            await deps.wishes.retarget(tx, board);
            const door = doorOf({ ...exposure, host: next.host, port: next.port }, board.name);
            tx.afterCommit(() => gateway().serve(door));
          }
        return showService(actor, next, exposures.length);
      }),
    remove: (actor, scope, idOrName, ifMatch) =>
      database.write(scope, async (tx) => {
        const row = await holdService(scope, tx, idOrName);
        requireRev(ifMatch, row.rev);
        const boards = await countOf(scope, tx, row.uuid);
        if (boards > 0) throw fail("service.in-use", { boards });
        await removeService(scope, tx, row.uuid);
        await noteService(deps, tx, actor, "service.remove", row);
        return undefined;
      }),
  };
};
