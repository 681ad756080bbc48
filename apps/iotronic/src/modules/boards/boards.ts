// The verbs: registry, enrolment, settings. Commands are in `commands.ts`, what boards say in `host.ts`.
import {
  type Board,
  type BoardId,
  type BodyOf,
  boardStates,
  defaultSettings,
  type Enrolment,
  encodeEnrolment,
  fail,
  type ProjectId,
  type QueryOf,
  type rest,
  type TargetSettings,
  type TargetSettingsChange,
} from "@s4t/contract";
import { type Clock, type Json, type Log, type Part, toRfc3339 } from "@s4t/kit";
import { randomToken, sha256Hex } from "@s4t/kit/node";
import type { AuditLog, ChangeLog } from "../../edge/facts.ts";
import { newId } from "../../edge/id.ts";
import type { Link } from "../../edge/link.ts";
import { pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import { type Actor, everything, type Scope, systemActor, within } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import {
  CLOUD_STOPPED,
  requireCommandable,
  searchTextOf,
  settingsOf,
  showBoard,
  stateOf,
} from "./board.ts";
import { endEnrolments, insertEnrolment } from "./enrolment-store.ts";
import { type BoardSort, listBoards } from "./list-store.ts";
import { listEntryStates } from "./state-store.ts";
import {
  type BoardRow,
  countBoards,
  countByStatus,
  findBoard,
  insertBoard,
  listConnected,
  listLate,
  updateBoard,
  wantMore,
} from "./store.ts";

/** How long an enrolment code is good unless said. */
export const ENROLMENT_LIFE_S = 86_400;
/** Boards that are written in one commit where all of them change. */
export const BOARDS_PER_COMMIT = 500;
/** How often boards are looked at that announced to be back by now. */
export const LATE_CHECK_MS = 2_000;

export interface BoardsDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: AuditLog;
  readonly changes: ChangeLog;
  /** The link, once it exists: the two need each other. */
  readonly link: () => Link;
  /** Address that new boards are told, and the CA that they pin. */
  readonly address: (isHere?: boolean) => { readonly url: string; readonly ca: string | null };
  /** Commands to paste on the machine that becomes a board. */
  readonly commandsFor: (enrolment: string) => readonly { kind: string; command: string }[];
}

/** How a board is made. */
export interface CreateOptions {
  readonly simulated?: boolean;
  /** It will run on the cloud's own machine: it is told loopback. */
  readonly isHere?: boolean;
}

/** How an enrolment is made anew. */
export interface RearmOptions extends Pick<CreateOptions, "isHere"> {
  readonly expiresInS?: number | undefined;
}

export interface Boards extends Part {
  list(
    actor: Actor,
    scope: Scope,
    query: QueryOf<typeof rest.boards.list>,
  ): Promise<{ items: Board[]; next: string | null }>;
  counts(scope: Scope): Promise<{ total: number; byStatus: Record<string, number> }>;
  create(
    actor: Actor,
    project: ProjectId,
    body: BodyOf<typeof rest.boards.create>,
    options?: CreateOptions,
  ): Promise<{ board: Board; enrolment: Enrolment }>;
  get(actor: Actor, scope: Scope, idOrName: string): Promise<Board>;
  update(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    body: BodyOf<typeof rest.boards.update>,
    ifMatch: number | undefined,
  ): Promise<Board>;
  retire(actor: Actor, scope: Scope, idOrName: string): Promise<Board>;
  rearm(actor: Actor, scope: Scope, idOrName: string, options?: RearmOptions): Promise<Enrolment>;
  target(
    scope: Scope,
    idOrName: string,
  ): Promise<{
    wanted: number;
    reached: number;
    entries: TargetEntryStateShown[];
    settings: TargetSettings;
  }>;
  changeSettings(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    change: TargetSettingsChange,
  ): Promise<TargetSettings>;
  /** The row of a board within a scope: for verbs of this module and lookups of others. */
  row(scope: Scope, idOrName: string): Promise<BoardRow>;
  countIn(project: ProjectId): Promise<number>;
  /** Within a transaction: something that every board's target holds has changed. */
  retargetAll(tx: Tx): Promise<void>;
}

interface TargetEntryStateShown {
  key: string;
  state: "waiting" | "reached" | "failed";
  problem: { code: string; sentence: string } | null;
  since: string | null;
}

type Facts = Readonly<Record<string, Json>>;

/** Within a transaction: a row changed for a reason, with audit and change beside it. */
export const noteChange = async (
  { audit, changes }: Pick<BoardsDependencies, "audit" | "changes">,
  tx: Tx,
  input: {
    readonly actor: Actor;
    readonly action: string | null;
    readonly row: BoardRow;
    readonly patch: Facts;
    readonly facts?: Facts;
  },
): Promise<void> => {
  const { actor, action, row, patch, facts } = input;
  const project = row.project_id as ProjectId;
  if (action !== null)
    await audit.append(tx, {
      actor,
      action,
      project,
      resource: { noun: "board", uuid: row.uuid, name: row.name },
      ...(facts ? { facts } : {}),
    });
  await changes.append(tx, { actor, project, noun: "board", uuid: row.uuid, rev: row.rev, patch });
};

export const getRow = async (scope: Scope, reader: Reader, idOrName: string): Promise<BoardRow> => {
  const row = await findBoard(scope, reader, idOrName);
  if (!row) throw fail("board.not-found");
  return row;
};

const requireRev = (ifMatch: number | undefined, row: BoardRow): void => {
  if (ifMatch !== undefined && ifMatch !== row.rev)
    throw fail("request.stale", { sent: ifMatch, current: row.rev });
};

const parseStates = (text: string | undefined): string[] | undefined => {
  if (text === undefined) return undefined;
  const states = text.split(",");
  const wrong = states.find((state) => !(boardStates as readonly string[]).includes(state));
  if (wrong !== undefined)
    throw fail("request.invalid", {
      where: "query/status",
      because: `${wrong} is not a state of a board`,
    });
  return states;
};

const parseLabel = (text: string | undefined) => {
  if (text === undefined) return undefined;
  const [name = "", value] = text.split(/=(.*)/s);
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name))
    throw fail("request.invalid", { where: "query/label", because: "must be name or name=value" });
  return { name, value };
};

class BoardVerbs implements Boards {
  readonly name = "boards";
  readonly #deps: BoardsDependencies;
  #timer: { cancel(): void } | undefined;

  constructor(deps: BoardsDependencies) {
    this.#deps = deps;
  }

  /** Nobody is connected to a cloud that has just started: what the last one knew is history. */
  async start(): Promise<void> {
    const { database, clock } = this.#deps;
    const rows = await database.read(everything, (reader) => listConnected(everything, reader));
    await this.#inStretches(rows, async (tx, row) => {
      const gone = { ...row, connected: 0, since: clock.now(), left_reason: CLOUD_STOPPED };
      await updateBoard(everything, tx, row.uuid, {
        connected: 0,
        since: gone.since,
        left_reason: CLOUD_STOPPED,
        status: stateOf(gone, clock.now()),
      });
    });
    this.#watchLate();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Writes of many boards: a stretch is one commit, and others get their turn between two. */
  async #inStretches(
    rows: readonly BoardRow[],
    write: (tx: Tx, row: BoardRow) => Promise<void>,
  ): Promise<void> {
    for (let at = 0; at < rows.length; at += BOARDS_PER_COMMIT)
      await this.#deps.database.write(everything, async (tx) => {
        for (const row of rows.slice(at, at + BOARDS_PER_COMMIT)) await write(tx, row);
      });
  }

  /** A board that said it would be back by now, and is not, is offline. */
  #watchLate(): void {
    const { database, clock, log } = this.#deps;
    this.#timer = clock.after(LATE_CHECK_MS, () => {
      const check = async (): Promise<void> => {
        const late = await database.read(everything, (reader) =>
          listLate(everything, reader, clock.now()),
        );
        await this.#inStretches(late, async (tx, row) => {
          const status = stateOf(row, clock.now());
          await updateBoard(everything, tx, row.uuid, { status, busy_until: null });
          await noteChange(this.#deps, tx, {
            actor: systemActor,
            action: null,
            row,
            patch: { status },
          });
        });
      };
      check()
        .catch((error: unknown) => log.warn("Late boards could not be noted", { error }))
        .finally(() => this.#watchLate());
    });
  }

  #show(actor: Actor, row: BoardRow): Board {
    return showBoard(actor, row, sha256Hex);
  }

  async list(
    actor: Actor,
    scope: Scope,
    query: QueryOf<typeof rest.boards.list>,
  ): Promise<{ items: Board[]; next: string | null }> {
    const sortText = query.sort ?? "name";
    const descending = sortText.startsWith("-");
    const sort = (descending ? sortText.slice(1) : sortText) as BoardSort;
    const after =
      query.after === undefined
        ? undefined
        : parseCursor(query.after, [sort === "name" ? "string" : "number", "string"] as [
            "string" | "number",
            "string",
          ]);
    const filter = {
      states: parseStates(query.status),
      text: query.text,
      label: parseLabel(query.label),
      sort,
      descending,
      after,
    };
    const rows = await this.#deps.database.read(scope, (reader) =>
      listBoards(scope, reader, filter, pageSizeOf(query) + 1),
    );
    const keyOf = (row: BoardRow) =>
      sort === "name" ? row.name : sort === "seen" ? (row.last_seen_at ?? 0) : row.created_at;
    return pageOf(
      rows,
      query,
      (row) => [keyOf(row), row.uuid],
      (row) => this.#show(actor, row),
    );
  }

  async counts(scope: Scope): Promise<{ total: number; byStatus: Record<string, number> }> {
    const counts = await this.#deps.database.read(scope, (reader) => countByStatus(scope, reader));
    return {
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
      byStatus: Object.fromEntries(counts),
    };
  }

  countIn(project: ProjectId): Promise<number> {
    return this.#deps.database.read(everything, (reader) =>
      countBoards(within(project), reader, project),
    );
  }

  readonly retargetAll = async (tx: Tx): Promise<void> => {
    await wantMore(everything, tx);
    for (const { uuid, target_wanted } of await listConnected(everything, tx))
      this.#deps.link().retarget(tx, uuid as BoardId, target_wanted);
  };

  row(scope: Scope, idOrName: string): Promise<BoardRow> {
    return this.#deps.database.read(scope, (reader) => getRow(scope, reader, idOrName));
  }

  async get(actor: Actor, scope: Scope, idOrName: string): Promise<Board> {
    return this.#show(actor, await this.row(scope, idOrName));
  }

  #newRow(
    project: ProjectId,
    body: BodyOf<typeof rest.boards.create>,
    simulated: boolean,
  ): BoardRow {
    const now = this.#deps.clock.now();
    const row: BoardRow = {
      uuid: newId(),
      project_id: project,
      name: body.name,
      rev: 1,
      status: "new",
      description: body.description ?? "",
      labels: JSON.stringify(body.labels ?? {}),
      location: body.location ? JSON.stringify(body.location) : null,
      settings: JSON.stringify(defaultSettings),
      search: "",
      agent_kind: null,
      agent_version: null,
      contract: null,
      features: "[]",
      simulated: simulated ? 1 : 0,
      pubkey: null,
      info: null,
      epoch: 0,
      connected: 0,
      since: null,
      last_seen_at: null,
      address: null,
      left_reason: null,
      latency_ms: null,
      busy_until: null,
      target_wanted: 1,
      target_reached: 0,
      failed_entries: 0,
      created_at: now,
      updated_at: now,
      retired_at: null,
    };
    return { ...row, search: searchTextOf(row) };
  }

  async #enrolment(
    tx: Tx,
    row: BoardRow,
    { lifeS, isHere = false }: { readonly lifeS: number; readonly isHere?: boolean | undefined },
  ): Promise<Enrolment> {
    const { clock, address, commandsFor } = this.#deps;
    const code = randomToken(16);
    const expiresAt = clock.now() + lifeS * 1_000;
    await insertEnrolment(everything, tx, {
      hash: sha256Hex(code),
      project_id: row.project_id,
      board_id: row.uuid,
      created_at: clock.now(),
      expires_at: expiresAt,
      used_at: null,
    });
    const enrolment = encodeEnrolment({ ...address(isHere), code });
    return { enrolment, expiresAt: toRfc3339(expiresAt), commands: [...commandsFor(enrolment)] };
  }

  create(
    actor: Actor,
    project: ProjectId,
    body: BodyOf<typeof rest.boards.create>,
    options: CreateOptions = {},
  ): Promise<{ board: Board; enrolment: Enrolment }> {
    const scope = within(project);
    return this.#deps.database.write(scope, async (tx) => {
      if (await findBoard(scope, tx, body.name))
        throw fail("board.name-taken", { name: body.name });
      const row = this.#newRow(project, body, options.simulated ?? false);
      await insertBoard(scope, tx, row);
      const enrolment = await this.#enrolment(tx, row, {
        lifeS: body.enrolmentExpiresInS ?? ENROLMENT_LIFE_S,
        isHere: options.isHere,
      });
      await noteChange(this.#deps, tx, {
        actor,
        action: "board.create",
        row,
        patch: { name: row.name, status: row.status },
      });
      return { board: this.#show(actor, row), enrolment };
    });
  }

  update(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    body: BodyOf<typeof rest.boards.update>,
    ifMatch: number | undefined,
  ): Promise<Board> {
    return this.#deps.database.write(scope, async (tx) => {
      const row = await getRow(scope, tx, idOrName);
      requireRev(ifMatch, row);
      if (
        body.name !== undefined &&
        body.name !== row.name &&
        (await findBoard(within(row.project_id as ProjectId), tx, body.name))
      )
        throw fail("board.name-taken", { name: body.name });
      const next: BoardRow = {
        ...row,
        name: body.name ?? row.name,
        description: body.description ?? row.description,
        labels: body.labels === undefined ? row.labels : JSON.stringify(body.labels),
        location:
          body.location === undefined
            ? row.location
            : body.location && JSON.stringify(body.location),
        rev: row.rev + 1,
        updated_at: this.#deps.clock.now(),
      };
      const { name, description, labels, location, rev, updated_at } = next;
      await updateBoard(scope, tx, row.uuid, {
        name,
        description,
        labels,
        location,
        rev,
        updated_at,
        search: searchTextOf(next),
      });
      await noteChange(this.#deps, tx, {
        actor,
        action: "board.update",
        row: next,
        patch: body as Facts,
        facts: { changed: Object.keys(body) },
      });
      return this.#show(actor, next);
    });
  }

  retire(actor: Actor, scope: Scope, idOrName: string): Promise<Board> {
    const { database, clock, link } = this.#deps;
    return database.write(scope, async (tx) => {
      const row = await getRow(scope, tx, idOrName);
      if (row.retired_at !== null) throw fail("board.retired");
      const now = clock.now();
      const set = {
        retired_at: now,
        status: "retired",
        pubkey: null,
        connected: 0,
        since: now,
        rev: row.rev + 1,
        updated_at: now,
        name: `${row.name.slice(0, 45)} (retired ${row.uuid.slice(-4)})`,
      };
      await updateBoard(scope, tx, row.uuid, set);
      await endEnrolments(scope, tx, row.project_id as ProjectId, row.uuid, now);
      await noteChange(this.#deps, tx, {
        actor,
        action: "board.retire",
        row: { ...row, rev: set.rev },
        patch: { status: "retired" },
      });
      tx.afterCommit(() => link().end(row.uuid as never, "link.revoked"));
      return this.#show(actor, { ...row, ...set });
    });
  }

  rearm(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    { expiresInS, isHere }: RearmOptions = {},
  ): Promise<Enrolment> {
    return this.#deps.database.write(scope, async (tx) => {
      const row = await getRow(scope, tx, idOrName);
      if (row.retired_at !== null) throw fail("board.retired");
      await endEnrolments(scope, tx, row.project_id as ProjectId, row.uuid, this.#deps.clock.now());
      const enrolment = await this.#enrolment(tx, row, {
        lifeS: expiresInS ?? ENROLMENT_LIFE_S,
        isHere,
      });
      await noteChange(this.#deps, tx, { actor, action: "board.rearm", row, patch: {} });
      return enrolment;
    });
  }

  target(scope: Scope, idOrName: string) {
    return this.#deps.database.read(scope, async (reader) => {
      const row = await getRow(scope, reader, idOrName);
      const states = await listEntryStates(scope, reader, row.project_id as ProjectId, row.uuid);
      return {
        wanted: row.target_wanted,
        reached: row.target_reached,
        entries: states.map(({ key, state, code, sentence, since }) => ({
          key,
          state: state as TargetEntryStateShown["state"],
          problem: code === null ? null : { code, sentence: sentence ?? "" },
          since: toRfc3339(since),
        })),
        settings: settingsOf(row),
      };
    });
  }

  changeSettings(
    actor: Actor,
    scope: Scope,
    idOrName: string,
    change: TargetSettingsChange,
  ): Promise<TargetSettings> {
    const { database, clock, link } = this.#deps;
    return database.write(scope, async (tx) => {
      const row = await getRow(scope, tx, idOrName);
      requireCommandable(row);
      const before = settingsOf(row);
      const settings: TargetSettings = {
        sensors: { ...before.sensors, ...change.sensors },
        log: { ...before.log, ...change.log },
      };
      const set = {
        settings: JSON.stringify(settings),
        target_wanted: row.target_wanted + 1,
        rev: row.rev + 1,
        updated_at: clock.now(),
      };
      await updateBoard(scope, tx, row.uuid, set);
      await noteChange(this.#deps, tx, {
        actor,
        action: "board.settings",
        row: { ...row, rev: set.rev },
        patch: { targetWanted: set.target_wanted },
        facts: change as Facts,
      });
      link().retarget(tx, row.uuid as never, set.target_wanted);
      return settings;
    });
  }
}

/** Makes the verbs. */
export const createBoards = (deps: BoardsDependencies): Boards => new BoardVerbs(deps);
