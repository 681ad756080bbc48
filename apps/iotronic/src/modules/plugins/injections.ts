// Plugins on boards: wished for, taken back, and as their boards report them.
import {
  type BodyOf,
  fail,
  type Injection,
  MAX_PLUGINS_PER_BOARD,
  type ProjectId,
  type ReportRow,
  type rest,
} from "@s4t/contract";
import type { Part } from "@s4t/kit";
import type { KnownBoard } from "../../edge/link.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import type { FoundBoard } from "../../edge/wishes.ts";
import { type Actor, type Scope, systemActor, within } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";
import {
  getPlugin,
  noteInjection,
  type PluginsDependencies,
  requireSmall,
  type WishAction,
} from "./change.ts";
import {
  findInjected,
  type InjectedRow,
  type InjectionRow,
  listInjected,
  listInjectedOn,
  removeInjection,
  setInjection,
  updateInjection,
} from "./injection-store.ts";
import { manifestOf, parseVersion, showInjection } from "./plugin.ts";
import { findVersion, lockPlugin, lockVersion } from "./store.ts";

type InjectBody = BodyOf<typeof rest.injections.inject>;
type StateRow = Extract<ReportRow, { kind: "plugin" }>;

export interface Injections extends Part {
  list(actor: Actor, scope: Scope, board: string): Promise<{ items: Injection[] }>;
  show(actor: Actor, scope: Scope, board: string, plugin: string): Promise<Injection>;
  /** Boards that a plugin is on. */
  boards(
    actor: Actor,
    scope: Scope,
    plugin: string,
    query: PageQuery,
  ): Promise<{ items: Injection[]; next: string | null }>;
  inject(
    actor: Actor,
    scope: Scope,
    board: string,
    plugin: string,
    body: InjectBody,
  ): Promise<Injection>;
  remove(actor: Actor, scope: Scope, board: string, plugin: string): Promise<undefined>;
  /** Within the transaction of a report: how a plugin on a board is. */
  applyState(tx: Tx, board: KnownBoard, row: StateRow): Promise<void>;
}

const isSameState = (row: InjectedRow, set: Partial<InjectionRow>): boolean =>
  row.state === set.state && row.since === set.since && row.exit === set.exit;

/** Makes the verbs. */
export const createInjections = (deps: PluginsDependencies): Injections => {
  const { database, clock, log, audit, changes } = deps;
  let stopListening = (): void => {};

  const showOn = async (
    actor: Actor,
    scope: Scope,
    board: FoundBoard,
    rows: readonly InjectedRow[],
  ): Promise<Injection[]> => {
    if (rows.length === 0) return [];
    const standingOf = await deps.wishes.standings(scope, board);
    return rows.map((row) => showInjection(actor, row, board, standingOf));
  };

  const showOne = async (actor: Actor, scope: Scope, board: FoundBoard, row: InjectedRow) =>
    (await showOn(actor, scope, board, [row]))[0] as Injection;

  /** Within a transaction: a wish about a plugin on a board is on record, and the board is told. */
  const noteWish = async (
    tx: Tx,
    actor: Actor,
    action: WishAction,
    board: KnownBoard,
    row: Pick<InjectedRow, "plugin_id" | "name" | "rev">,
    facts: { readonly version?: string; readonly removed?: true },
  ): Promise<void> => {
    await audit.append(tx, {
      ...{ actor, action, project: board.project },
      resource: { noun: "board", uuid: board.uuid, name: board.name },
      facts: { plugin: row.name, ...facts },
    });
    await noteInjection(deps, tx, actor, board, { plugin: row.plugin_id, rev: row.rev }, facts);
    await deps.wishes.retarget(tx, board);
  };

  const injectIn = async (
    tx: Tx,
    actor: Actor,
    board: KnownBoard,
    idOrName: string,
    body: InjectBody,
  ): Promise<InjectedRow> => {
    const scope = within(board.project);
    // Within the board's own project: a plugin of another one is not there.
    const plugin = await getPlugin(scope, tx, idOrName);
    // Before its version, as who removes it does.
    if (!(await lockPlugin(scope, tx, plugin.uuid, { toRemove: false })))
      throw fail("plugin.not-found");
    const before = await findInjected(scope, tx, board.uuid, plugin.uuid);
    const there = await listInjectedOn(scope, tx, board.uuid);
    if (!before && there.length >= MAX_PLUGINS_PER_BOARD)
      throw fail("quota.exceeded", { limit: MAX_PLUGINS_PER_BOARD, what: "plugins on this board" });
    const wanted = body.version ?? (before ? String(before.number) : "latest");
    const version = await findVersion(
      ...([scope, tx, plugin.uuid, parseVersion(wanted, plugin.versions)] as const),
    );
    if (!version || !(await lockVersion(scope, tx, version)))
      throw fail("plugin.version-not-found");
    const present = await deps.presentKey(tx, board.project);
    if (version.signed_by !== present?.key) throw fail("plugin.unsigned");
    const { mode } = manifestOf(version);
    const row: InjectionRow = {
      project_id: board.project,
      board_id: board.uuid,
      plugin_id: plugin.uuid,
      number: version.number,
      on_boot: (body.onBoot ?? (before ? before.on_boot === 1 : mode === "async")) ? 1 : 0,
      restart: body.restart ?? before?.restart ?? "on-failure",
      parameters: body.parameters ? JSON.stringify(body.parameters) : (before?.parameters ?? "{}"),
      state: before?.state ?? null,
      since: before?.since ?? null,
      exit: before?.exit ?? null,
      rev: (before?.rev ?? 0) + 1,
      updated_at: clock.now(),
    };
    await setInjection(scope, tx, row);
    const { name, uuid } = plugin;
    const noted = { plugin_id: uuid, name, rev: row.rev };
    await noteWish(tx, actor, "injection.inject", board, noted, { version: version.version });
    return (await findInjected(scope, tx, board.uuid, uuid)) as InjectedRow;
  };

  /** A retired board holds nothing: its plugins may be removed. */
  const forgetBoard = (board: string, project: ProjectId): Promise<void> =>
    database.write(within(project), async (tx) => {
      for (const row of await listInjectedOn(within(project), tx, board))
        await removeInjection(within(project), tx, row);
    });

  return {
    name: "injections",
    async list(actor, scope, idOrName) {
      const board = await deps.wishes.find(scope, idOrName);
      const rows = await database.read(scope, (reader) =>
        listInjectedOn(scope, reader, board.uuid),
      );
      return { items: await showOn(actor, scope, board, rows) };
    },
    async show(actor, scope, idOrName, plugin) {
      const board = await deps.wishes.find(scope, idOrName);
      const row = await database.read(scope, (reader) =>
        findInjected(scope, reader, board.uuid, plugin),
      );
      if (!row) throw fail("plugin.not-injected");
      return showOne(actor, scope, board, row);
    },
    async boards(actor, scope, idOrName, query) {
      const afterBoard =
        query.after === undefined ? undefined : parseCursor(query.after, ["string"])[0];
      const rows = await database.read(scope, async (reader) => {
        const plugin = (await getPlugin(scope, reader, idOrName)).uuid;
        return listInjected(scope, reader, { plugin, afterBoard }, pageSizeOf(query) + 1);
      });
      const page = pageOf(
        rows,
        query,
        (row) => [row.board_id],
        (row) => row,
      );
      const items: Injection[] = [];
      for (const row of page.items) {
        const board = await deps.wishes.find(scope, row.board_id);
        items.push(await showOne(actor, scope, board, row));
      }
      return { items, next: page.next };
    },
    async inject(actor, scope, idOrName, plugin, body) {
      requireSmall(body.parameters);
      const board = await deps.wishes.findServing(scope, idOrName);
      const row = await database.write(within(board.project), (tx) =>
        injectIn(tx, actor, board, plugin, body),
      );
      return showOne(actor, scope, board, row);
    },
    async remove(actor, scope, idOrName, plugin) {
      const board = await deps.wishes.find(scope, idOrName);
      await database.write(within(board.project), async (tx) => {
        const row = await findInjected(scope, tx, board.uuid, plugin);
        if (!row) throw fail("plugin.not-injected");
        await removeInjection(scope, tx, row);
        const facts = { version: row.version, removed: true } as const;
        await noteWish(tx, actor, "injection.remove", board, row, facts);
      });
      return undefined;
    },
    async applyState(tx, board, { status, atMs }) {
      const scope = within(board.project);
      const row = await findInjected(scope, tx, board.uuid, status.plugin);
      // Taken off meanwhile, or never put there: nobody asks how it is.
      if (!row) return;
      const set = {
        state: status.state,
        since: Math.min(atMs, clock.now()),
        exit: status.exit === null ? null : JSON.stringify(status.exit),
      };
      if (isSameState(row, set)) return;
      const rev = row.rev + 1;
      await updateInjection(scope, tx, row, { ...set, rev });
      const there = { plugin: row.plugin_id, rev };
      await noteInjection(deps, tx, systemActor, board, there, { state: status.state });
    },
    start() {
      stopListening = changes.subscribe(({ noun, uuid, project, patch }) => {
        if (noun !== "board" || patch.status !== "retired") return;
        forgetBoard(uuid, project).catch((error: unknown) =>
          log.warn("Plugins of a retired board are still on record", { board: uuid, error }),
        );
      });
    },
    stop: () => stopListening(),
  };
};
