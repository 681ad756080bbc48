// Exposures: a service of a board on a public port, for as long as it was said.
import { type BodyOf, type Exposure, fail, type rest } from "@s4t/contract";
import { isS4tError, type Part } from "@s4t/kit";
import type { GatewayHost } from "../../edge/gateway.ts";
import type { KnownBoard } from "../../edge/link.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { requireSource } from "../../edge/sources.ts";
import { type Actor, everything, type Scope } from "../../policy/index.ts";
import { getService, noteExposure, type ServicesDependencies } from "./change.ts";
import { portsToTry, requireFreePort } from "./ports.ts";
import { doorOf, entryKeyOf, showExposure, targetValueOf } from "./service.ts";
import {
  type ExposedRow,
  insertExposure,
  listExposures,
  listOverdueExposures,
  listPorts,
  removeExposure,
  type ServiceRow,
  setPort,
  updateExposure,
} from "./store.ts";

/** How often exposures are looked at whose time is over: how late a door may close. */
export const EXPOSURE_EXPIRY_MS = 1_000;
/** Ports that are tried at most where other programs of the machine sit on them. */
export const MAX_PORT_TRIES = 20;

type ExposeBody = BodyOf<typeof rest.exposures.expose>;

export interface Exposures extends Part {
  all(
    actor: Actor,
    scope: Scope,
    query: PageQuery,
  ): Promise<{ items: Exposure[]; next: string | null }>;
  list(actor: Actor, scope: Scope, board: string): Promise<{ items: Exposure[] }>;
  expose(
    actor: Actor,
    scope: Scope,
    board: string,
    service: string,
    body: ExposeBody,
    signal: AbortSignal,
  ): Promise<Exposure>;
  withdraw(actor: Actor, scope: Scope, board: string, service: string): Promise<undefined>;
  readonly listDoors: GatewayHost["listDoors"];
}

/** Makes the verbs. */
export const createExposures = (deps: ServicesDependencies): Exposures => {
  const { database, clock, log, random, gateway, link } = deps;
  let timer: { cancel(): void } | undefined;
  let stopListening = (): void => {};

  const showOn = async (
    actor: Actor,
    scope: Scope,
    board: KnownBoard,
    rows: readonly ExposedRow[],
  ): Promise<Exposure[]> => {
    if (rows.length === 0) return [];
    const standingOf = await deps.wishes.standings(scope, board);
    return rows.map((row) => showExposure(actor, row, { gateway: gateway(), board, standingOf }));
  };

  const readOn = (scope: Scope, board: KnownBoard, service?: ServiceRow): Promise<ExposedRow[]> =>
    database.read(scope, (reader) =>
      listExposures(scope, reader, {
        board: board.uuid,
        ...(service ? { service: service.uuid } : {}),
      }),
    );

  /** Binds a port before anybody is told of it: what the machine itself has taken is not promised. */
  const bindOne = async (
    board: KnownBoard,
    service: ServiceRow,
    asked: number | undefined,
  ): Promise<number> => {
    const holder = { board: board.uuid, service: service.uuid };
    const leases = await database.read(everything, (reader) => listPorts(everything, reader));
    const { ports: range } = gateway();
    if (asked !== undefined) {
      requireFreePort(asked, holder, leases, range, clock.now());
      await gateway().bind(asked);
      return asked;
    }
    const tries = portsToTry(holder, leases, range, clock.now(), random).slice(0, MAX_PORT_TRIES);
    for (const port of tries)
      try {
        await gateway().bind(port);
        return port;
      } catch (error) {
        if (!isS4tError(error, "port.taken")) throw error;
      }
    throw fail("port.exhausted", { first: range[0], last: range[1] });
  };

  const release = async (
    scope: Scope,
    actor: Actor | null,
    board: KnownBoard,
    row: ExposedRow,
  ): Promise<void> => {
    // Ports stand above projects: so does a transaction that leases one or gives it back.
    await database.write(everything, async (tx) => {
      await removeExposure(scope, tx, row);
      const { public_port: port, project_id, board_id, service_id } = row;
      await setPort(scope, tx, {
        port,
        project_id,
        board_id,
        service_id,
        released_at: clock.now(),
      });
      await deps.wishes.retarget(tx, board);
      const action = actor ? "exposure.withdraw" : "exposure.expire";
      await noteExposure(deps, tx, actor, action, board, row);
      tx.afterCommit(() => gateway().unbind(port));
    });
  };

  const withdrawAll = async (uuid: string): Promise<void> => {
    const board = await deps.wishes.find(everything, uuid);
    for (const row of await readOn(everything, board)) await release(everything, null, board, row);
  };

  const watchExpiry = (): void => {
    timer = clock.after(EXPOSURE_EXPIRY_MS, () => {
      (async () => {
        const overdue = await database.read(everything, (reader) =>
          listOverdueExposures(everything, reader, clock.now()),
        );
        for (const row of overdue)
          await release(everything, null, await deps.wishes.find(everything, row.board_id), row);
      })()
        .catch((error: unknown) => log.warn("Exposures whose time is over stay open", { error }))
        .finally(watchExpiry);
    });
  };

  const open = async (
    actor: Actor,
    scope: Scope,
    board: KnownBoard,
    service: ServiceRow,
    body: ExposeBody,
  ): Promise<ExposedRow> => {
    const port = await bindOne(board, service, body.publicPort);
    const now = clock.now();
    const exposure = {
      project_id: board.project,
      board_id: board.uuid,
      service_id: service.uuid,
      public_port: port,
      sources: JSON.stringify(body.sources ?? []),
      expires_at: body.ttlS == null ? null : now + body.ttlS * 1_000,
      created_at: now,
      created_by: actor.name,
    };
    const { name, host, port: servicePort, protocol } = service;
    const row: ExposedRow = { ...exposure, name, host, port: servicePort, protocol };
    try {
      await database.write(everything, async (tx) => {
        await insertExposure(scope, tx, exposure);
        const { project_id, board_id, service_id } = row;
        await setPort(scope, tx, { port, project_id, board_id, service_id, released_at: null });
        await deps.wishes.retarget(tx, board);
        await noteExposure(deps, tx, actor, "exposure.expose", board, row, {
          sources: body.sources ?? [],
          ttlS: body.ttlS ?? null,
        });
        tx.afterCommit(() => gateway().serve(doorOf(row, board.name)));
      });
    } catch (error) {
      gateway().unbind(port);
      throw error;
    }
    return row;
  };

  const change = async (
    actor: Actor,
    scope: Scope,
    board: KnownBoard,
    row: ExposedRow,
    body: ExposeBody,
  ): Promise<ExposedRow> => {
    const set = {
      ...(body.sources === undefined ? {} : { sources: JSON.stringify(body.sources) }),
      ...(body.ttlS === undefined
        ? {}
        : { expires_at: body.ttlS === null ? null : clock.now() + body.ttlS * 1_000 }),
    };
    const next = { ...row, ...set };
    if (Object.keys(set).length === 0) return row;
    await database.write(scope, async (tx) => {
      await updateExposure(scope, tx, row, set);
      await noteExposure(deps, tx, actor, "exposure.expose", board, next, {
        changed: Object.keys(body),
      });
      tx.afterCommit(() => gateway().serve(doorOf(next, board.name)));
    });
    return next;
  };

  return {
    name: "exposures",
    all: async (actor, scope, query) => {
      const after =
        query.after === undefined ? undefined : parseCursor(query.after, ["string", "string"]);
      const rows = await database.read(scope, (reader) =>
        listExposures(scope, reader, { after }, pageSizeOf(query) + 1),
      );
      const page = pageOf(
        rows,
        query,
        (row) => [row.board_id, row.service_id],
        (row) => row,
      );
      const items: Exposure[] = [];
      for (const row of page.items) {
        const board = await deps.wishes.find(scope, row.board_id);
        items.push(...(await showOn(actor, scope, board, [row])));
      }
      return { items, next: page.next };
    },
    async list(actor, scope, idOrName) {
      const board = await deps.wishes.find(scope, idOrName);
      return { items: await showOn(actor, scope, board, await readOn(scope, board)) };
    },
    async expose(actor, scope, idOrName, serviceName, body, signal) {
      for (const source of body.sources ?? []) requireSource(source);
      const board = await deps.wishes.findServing(scope, idOrName);
      const service = await database.read(scope, (reader) =>
        getService(scope, reader, serviceName),
      );
      if (service.project_id !== board.project) throw fail("service.not-found");
      const [known] = await readOn(scope, board, service);
      if (known && body.publicPort !== undefined && body.publicPort !== known.public_port)
        throw fail("port.taken", {
          port: body.publicPort,
          because: `the service is exposed on ${known.public_port} already: withdraw it first`,
        });
      const row = known
        ? await change(actor, scope, board, known, body)
        : await open(actor, scope, board, service, body);
      // Whoever is told of a new door may go through it at once.
      if (!known && link().isConnected(board.uuid))
        await deps.wishes.untilSettled(board, entryKeyOf(row.name), targetValueOf(row), signal);
      const [shown] = await showOn(actor, scope, board, [row]);
      return shown as Exposure;
    },
    async withdraw(actor, scope, idOrName, serviceName) {
      const board = await deps.wishes.find(scope, idOrName);
      const service = await database.read(scope, (reader) =>
        getService(scope, reader, serviceName),
      );
      const [known] = await readOn(scope, board, service);
      if (!known) throw fail("service.not-exposed");
      await release(scope, actor, board, known);
      return undefined;
    },
    listDoors: async () => {
      const rows = await database.read(everything, (reader) =>
        listExposures(everything, reader, {}),
      );
      const doors = [];
      for (const row of rows)
        doors.push(doorOf(row, (await deps.wishes.find(everything, row.board_id)).name));
      return doors;
    },
    start() {
      watchExpiry();
      // A retired board serves nothing, and its ports are free for others.
      stopListening = deps.changes.subscribe(({ noun, uuid, patch }) => {
        if (noun !== "board" || patch.status !== "retired") return;
        withdrawAll(uuid).catch((error: unknown) =>
          log.warn("Doors of a retired board stay open", { board: uuid, error }),
        );
      });
    },
    stop() {
      timer?.cancel();
      stopListening();
    },
  };
};
