// What is asked of a plugin on a board: a call and its answer, start and stop, how it is, what it wrote.
import {
  type BodyOf,
  fail,
  type Operation,
  type PluginManifest,
  type PluginStatus,
  pluginsFeature,
  type ReplyOf,
  resolveParameters,
  type rest,
} from "@s4t/contract";
import type { KnownBoard } from "../../edge/link.ts";
import type { Answer } from "../../edge/routes.ts";
import type { Actor, Scope } from "../../policy/index.ts";
import { type AskAction, type PluginsDependencies, requireSmall } from "./change.ts";
import { findInjected, type InjectedRow } from "./injection-store.ts";
import { pluginCallMetrics } from "./metrics.ts";
import { manifestOf, requireMode } from "./plugin.ts";

/** Lines that are shown unless said. */
export const DEFAULT_LINES = 100;
/** How much longer the cloud waits than the board gives the plugin: the board's own word on it comes first. */
export const CALL_GRACE_MS = 2_000;

export interface PluginRequest<Body> {
  readonly actor: Actor;
  readonly scope: Scope;
  readonly board: string;
  readonly plugin: string;
  readonly body: Body;
  readonly waitMs: number | undefined;
  readonly signal: AbortSignal;
}

type StartBody = BodyOf<typeof rest.injections.start>;
type Verb = "start" | "stop" | "restart";

export interface Calls {
  call(request: PluginRequest<BodyOf<typeof rest.injections.call>>): Promise<Answer<Operation>>;
  act(verb: Verb, request: PluginRequest<StartBody>): Promise<Answer<Operation>>;
  status(scope: Scope, board: string, plugin: string, signal: AbortSignal): Promise<PluginStatus>;
  lines(
    scope: Scope,
    board: string,
    plugin: string,
    count: number | undefined,
    signal: AbortSignal,
  ): Promise<ReplyOf<typeof rest.injections.lines>>;
}

interface Found {
  readonly board: KnownBoard;
  readonly row: InjectedRow;
  readonly manifest: PluginManifest;
}

/** Makes the verbs. */
export const createCalls = (deps: PluginsDependencies): Calls => {
  const { database, clock, audit, operations, link } = deps;
  const metrics = pluginCallMetrics(deps.metrics, clock.monotonicMs);

  const find = async (scope: Scope, idOrName: string, plugin: string): Promise<Found> => {
    const board = await deps.wishes.findServing(scope, idOrName);
    const row = await database.read(scope, (reader) =>
      findInjected(scope, reader, board.uuid, plugin),
    );
    if (!row) throw fail("plugin.not-injected");
    return { board, row, manifest: manifestOf(row) };
  };

  const requireThere = ({ board }: Found): void => {
    if (!link().isConnected(board.uuid)) throw fail("board.offline");
  };

  const run = (
    { actor, waitMs, signal }: PluginRequest<unknown>,
    { board, row }: Found,
    action: AskAction,
    work: (signal: AbortSignal) => Promise<unknown>,
    options: { readonly early: boolean; readonly cancelable: boolean },
  ): Promise<Answer<Operation>> =>
    operations.run({
      operation: { actor, project: board.project, name: action, board: board.uuid },
      alongside: (tx, operation) =>
        audit.append(tx, {
          ...{ actor, action, project: board.project },
          resource: { noun: "board", uuid: board.uuid, name: board.name },
          facts: { plugin: row.name, version: row.version, operation },
        }),
      work,
      ...{ waitMs, signal },
      ...options,
    });

  return {
    async call(request) {
      const { scope, board, plugin, body } = request;
      requireSmall(body.parameters);
      const found = await find(scope, board, plugin);
      const { row, manifest } = found;
      requireMode(manifest, "sync");
      const given = body.parameters ?? {};
      const kept = JSON.parse(row.parameters) as Record<string, unknown>;
      // What does not fit is told here, before anything is sent; the board puts them together itself.
      resolveParameters(manifest.parameters, kept, given);
      requireThere(found);
      const timeoutMs = (body.timeoutS ?? manifest.limits.callS) * 1_000;
      const call = (signal: AbortSignal) =>
        metrics.timed("call", () =>
          link().command(
            found.board.uuid,
            pluginsFeature.call,
            { plugin: row.name, parameters: given, timeoutMs },
            { signal, timeoutMs: timeoutMs + CALL_GRACE_MS },
          ),
        );
      return run(request, found, "injection.call", call, { early: true, cancelable: true });
    },
    async act(verb, request) {
      const { scope, board, plugin, body } = request;
      const { parameters } = body as { readonly parameters?: Record<string, unknown> };
      requireSmall(parameters);
      const found = await find(scope, board, plugin);
      const { row, manifest } = found;
      requireMode(manifest, "async");
      if (verb === "start") {
        const kept = JSON.parse(row.parameters) as Record<string, unknown>;
        resolveParameters(manifest.parameters, kept, parameters ?? {});
      }
      requireThere(found);
      const args = { plugin: row.name, ...(parameters ? { parameters } : {}) };
      const work = (signal: AbortSignal) =>
        metrics.timed(verb, () =>
          link().command(found.board.uuid, pluginsFeature[verb], args, { signal }),
        );
      return run(request, found, `injection.${verb}`, work, { early: false, cancelable: false });
    },
    async status(scope, idOrName, plugin, signal) {
      const { board, row } = await find(scope, idOrName, plugin);
      return link().command(board.uuid, pluginsFeature.status, { plugin: row.name }, { signal });
    },
    async lines(scope, idOrName, plugin, count = DEFAULT_LINES, signal) {
      const { board, row } = await find(scope, idOrName, plugin);
      const args = { plugin: row.name, count };
      return link().command(board.uuid, pluginsFeature.lines, args, { signal });
    },
  };
};
