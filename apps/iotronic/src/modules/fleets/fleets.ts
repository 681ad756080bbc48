// The noun: fleets of a project. Which boards are in one is told by the boards.
import { type BodyOf, type Fleet, fail, type ProjectId, type rest } from "@s4t/contract";
import { type Clock, type Json, toRfc3339 } from "@s4t/kit";
import type { AuditLog, ChangeLog } from "../../edge/facts.ts";
import type { CountInFleets, Fleets as KnownFleets } from "../../edge/fleets.ts";
import { newId } from "../../edge/id.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { requireRev } from "../../edge/revision.ts";
import { orTaken } from "../../edge/taken.ts";
import { type Actor, actionsOf, type Scope, within } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import {
  countFleets,
  type FleetRow,
  findFleet,
  insertFleet,
  listFleets,
  listMatching,
  listNames,
  lockFleet,
  removeFleet,
  updateFleet,
} from "./store.ts";

/** Most fleets of one project: people choose among them. */
export const MAX_FLEETS_PER_PROJECT = 10_000;

export interface FleetsDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly changes: ChangeLog;
  readonly countInFleets: CountInFleets;
}

export interface Fleets {
  list(
    actor: Actor,
    scope: Scope,
    query: PageQuery,
  ): Promise<{ items: Fleet[]; next: string | null }>;
  create(actor: Actor, project: ProjectId, body: BodyOf<typeof rest.fleets.create>): Promise<Fleet>;
  show(actor: Actor, scope: Scope, idOrName: string): Promise<Fleet>;
  update(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    body: BodyOf<typeof rest.fleets.update>,
    ifMatch: number | undefined,
  ): Promise<Fleet>;
  remove(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    ifMatch: number | undefined,
  ): Promise<undefined>;
}

const getRow = async (scope: Scope, reader: Reader, idOrName: string): Promise<FleetRow> => {
  const row = await findFleet(scope, reader, idOrName);
  if (!row) throw fail("fleet.not-found");
  return row;
};

/** Within a transaction: as it is now, and nobody else's to change or join until the end. */
const holdRow = async (scope: Scope, tx: Tx, idOrName: string): Promise<FleetRow> => {
  const { uuid } = await getRow(scope, tx, idOrName);
  await lockFleet(scope, tx, uuid, { toRemove: true });
  return getRow(scope, tx, uuid);
};

/** What boards ask: stated in `edge/fleets.ts`. */
export const knownFleets: KnownFleets = {
  async hold(scope, tx, idOrName) {
    const { uuid, name } = await getRow(scope, tx, idOrName);
    if (!(await lockFleet(scope, tx, uuid, { toRemove: false }))) throw fail("fleet.not-found");
    return { uuid, name };
  },
  matching: listMatching,
  named: listNames,
};

const showFleet = (actor: Actor, row: FleetRow, boards: number): Fleet => ({
  uuid: row.uuid,
  name: row.name,
  rev: row.rev,
  createdAt: toRfc3339(row.created_at),
  updatedAt: toRfc3339(row.updated_at),
  project: row.project_id,
  description: row.description,
  labels: JSON.parse(row.labels) as Fleet["labels"],
  boards,
  actions: actionsOf(actor, row.project_id, {
    update: "fleet.update",
    remove: "fleet.remove",
    join: "fleet.join",
    leave: "fleet.leave",
  }),
});

/** Makes the verbs. */
export const createFleets = (deps: FleetsDependencies): Fleets => {
  const { database, clock, audit, changes, countInFleets } = deps;

  const countOf = async (scope: Scope, reader: Reader, uuid: string): Promise<number> =>
    (await countInFleets(scope, reader, [uuid])).get(uuid) ?? 0;

  const note = async (
    tx: Tx,
    actor: Actor,
    action: string,
    { uuid, name, rev, project_id }: FleetRow,
    facts: Readonly<Record<string, Json>> = {},
  ): Promise<void> => {
    const project = project_id as ProjectId;
    await audit.append(tx, {
      ...{ actor, action, project, facts },
      resource: { noun: "fleet", uuid, name },
    });
    await changes.append(tx, { actor, project, noun: "fleet", uuid, rev, patch: facts });
  };

  const requireFree = async (scope: Scope, reader: Reader, name: string): Promise<void> => {
    if (await findFleet(scope, reader, name)) throw fail("fleet.name-taken", { name });
  };

  const orNameTaken = <T>(name = "", scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> =>
    orTaken(database.write(scope, work), () => fail("fleet.name-taken", { name }));

  return {
    list: (actor, scope, query) =>
      database.read(scope, async (reader) => {
        const after =
          query.after === undefined ? undefined : parseCursor(query.after, ["string", "string"]);
        const rows = await listFleets(scope, reader, after, pageSizeOf(query) + 1);
        const ids = rows.map(({ uuid }) => uuid);
        const counts = await countInFleets(scope, reader, ids);
        return pageOf(
          rows,
          query,
          (row) => [row.name, row.uuid],
          (row) => showFleet(actor, row, counts.get(row.uuid) ?? 0),
        );
      }),
    create(actor, project, body) {
      const scope = within(project);
      return orNameTaken(body.name, scope, async (tx) => {
        await requireFree(scope, tx, body.name);
        if ((await countFleets(scope, tx, project)) >= MAX_FLEETS_PER_PROJECT)
          throw fail("quota.exceeded", { limit: MAX_FLEETS_PER_PROJECT, what: "fleets" });
        const now = clock.now();
        const row: FleetRow = {
          uuid: newId(),
          project_id: project,
          name: body.name,
          rev: 1,
          description: body.description ?? "",
          labels: JSON.stringify(body.labels ?? {}),
          created_at: now,
          updated_at: now,
        };
        await insertFleet(scope, tx, row);
        await note(tx, actor, "fleet.create", row);
        return showFleet(actor, row, 0);
      });
    },
    show: (actor, scope, idOrName) =>
      database.read(scope, async (reader) => {
        const row = await getRow(scope, reader, idOrName);
        return showFleet(actor, row, await countOf(scope, reader, row.uuid));
      }),
    update: (actor, scope, idOrName, { labels, ...plain }, ifMatch) =>
      orNameTaken(plain.name, scope, async (tx) => {
        const row = await holdRow(scope, tx, idOrName);
        requireRev(ifMatch, row.rev);
        if (plain.name !== undefined && plain.name !== row.name)
          await requireFree(within(row.project_id as ProjectId), tx, plain.name);
        const set = {
          ...plain,
          ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
          rev: row.rev + 1,
          updated_at: clock.now(),
        };
        const next: FleetRow = { ...row, ...set };
        await updateFleet(scope, tx, row.uuid, set);
        const changed = [...Object.keys(plain), ...(labels === undefined ? [] : ["labels"])];
        await note(tx, actor, "fleet.update", next, { changed });
        return showFleet(actor, next, await countOf(scope, tx, row.uuid));
      }),
    remove: (actor, scope, idOrName, ifMatch) =>
      database.write(scope, async (tx) => {
        const row = await holdRow(scope, tx, idOrName);
        requireRev(ifMatch, row.rev);
        const boards = await countOf(scope, tx, row.uuid);
        if (boards > 0) throw fail("fleet.in-use", { boards });
        await removeFleet(scope, tx, row.uuid);
        await note(tx, actor, "fleet.remove", row);
        return undefined;
      }),
  };
};
