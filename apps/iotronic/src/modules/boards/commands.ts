// Commands to one board: at once, or as a job that waits for it.
import {
  type BoardId,
  type BoardInfo,
  board as boardFeature,
  checkOriginalArgs,
  fail,
  type Operation,
  type OriginalCall,
  original as originalFeature,
  type Procedure,
  type ProjectId,
} from "@s4t/contract";
import { type Clock, type Json, toRfc3339 } from "@s4t/kit";
import type { AuditLog } from "../../edge/facts.ts";
import { newId } from "../../edge/id.ts";
import type { Link } from "../../edge/link.ts";
import type { Answer } from "../../edge/routes.ts";
import { type Actor, everything, type Scope, systemActor, within } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import { accepted, type Operations } from "../operations/index.ts";
import { requireCommandable, stateOf } from "./board.ts";
import type { Boards } from "./boards.ts";
import { type BoardsDependencies, noteChange } from "./change.ts";
import { type BoardRow, updateBoard } from "./store.ts";

/** How long a job waits for its board unless said. */
export const JOB_LIFE_S = 86_400;
/** Longest that a board's own word about being back is believed. */
export const MAX_BACK_WITHIN_S = 900;

export interface CommandRequest {
  readonly actor: Actor;
  readonly scope: Scope;
  readonly idOrName: string;
  readonly body: {
    readonly deliver?: "now" | "when-online" | undefined;
    readonly expiresInS?: number | undefined;
  };
  readonly waitMs: number | undefined;
  readonly signal: AbortSignal;
}

export interface Commands {
  ping(request: CommandRequest): Promise<Operation>;
  restart(request: CommandRequest): Promise<Answer<Operation>>;
  reboot(request: CommandRequest): Promise<Answer<Operation>>;
  /** A procedure of the original agent by its name. */
  original(
    request: Omit<CommandRequest, "body"> & { readonly body: OriginalCall },
  ): Promise<Answer<Operation>>;
  info(scope: Scope, idOrName: string, signal: AbortSignal): Promise<BoardInfo>;
}

export interface CommandsDependencies {
  readonly boards: Boards;
  readonly operations: Operations;
  readonly link: () => Link;
  readonly database: Database;
  readonly clock: Clock;
  readonly audit: AuditLog;
  readonly changes: BoardsDependencies["changes"];
}

/** Makes the verbs. */
export const createCommands = (deps: CommandsDependencies): Commands => {
  const { boards, operations, link, database, clock, audit, changes } = deps;

  /** A board that goes away on purpose is busy until it said it would be back. */
  const noteAway = (row: BoardRow, backWithinS: number): Promise<void> =>
    database.write(everything, async (tx) => {
      const busy_until = clock.now() + Math.min(backWithinS, MAX_BACK_WITHIN_S) * 1_000;
      const next = { ...row, busy_until };
      await updateBoard(everything, tx, row.uuid, { busy_until });
      await noteChange({ audit, changes }, tx, {
        actor: systemActor,
        action: null,
        row: next,
        patch: { status: stateOf(next, clock.now()) },
      });
    });

  const run = async <P extends typeof boardFeature.restart | typeof boardFeature.reboot>(
    action: string,
    procedure: P,
    request: CommandRequest,
  ): Promise<Answer<Operation>> => {
    const { actor, scope, idOrName, body, waitMs, signal } = request;
    const row = await boards.row(scope, idOrName);
    requireCommandable(row);
    const queued = body.deliver === "when-online";
    const uuid = row.uuid as BoardId;
    if (queued && row.agent_kind === "original")
      throw fail("board.original", { what: "no command waits for it" });
    // What waits would be done for somebody whose delegation is over by then, or was taken back.
    if (queued && actor.by)
      throw fail("delegation.wider", { because: "no command waits for its board by a delegation" });
    if (!queued && !link().isConnected(uuid)) throw fail("board.offline");
    const project = row.project_id as ProjectId;
    const expiresAtMs = clock.now() + (body.expiresInS ?? JOB_LIFE_S) * 1_000;
    const opened = { actor, project, name: action, board: row.uuid };
    const record = (tx: Tx, operation: string) =>
      audit.append(tx, {
        actor,
        action,
        project,
        resource: { noun: "board", uuid: row.uuid, name: row.name },
        facts: { operation, deliver: body.deliver ?? "now" },
      });
    if (!queued)
      return operations.run({
        operation: opened,
        alongside: record,
        ...{ waitMs, signal },
        async work(own) {
          const called = link().command(uuid, procedure as Procedure, {}, { signal: own });
          const result = (await called) as { backWithinS: number };
          await noteAway(row, result.backWithinS);
          return result;
        },
      });
    const { name, idempotent } = procedure;
    return accepted(
      await database.write(within(project), async (tx) => {
        const job = { procedure: name, args: {} as Json, idempotent, expiresAtMs };
        const operation = await operations.open(tx, { ...opened, job });
        await record(tx, operation.uuid);
        link().retarget(tx, uuid, row.target_wanted);
        return operation;
      }),
    );
  };

  return {
    async ping({ actor, scope, idOrName, signal }) {
      const row = await boards.row(scope, idOrName);
      requireCommandable(row);
      const started = clock.monotonicMs();
      const createdAt = clock.now();
      const answer = await link().command(row.uuid as BoardId, boardFeature.ping, {}, { signal });
      const latencyMs = Math.round((clock.monotonicMs() - started) * 100) / 100;
      return {
        uuid: newId(),
        name: "board.ping",
        status: "done",
        project: row.project_id,
        parent: null,
        board: row.uuid,
        actor: actor.name,
        createdAt: toRfc3339(createdAt),
        endedAt: toRfc3339(clock.now()),
        expiresAt: null,
        result: { latencyMs, boardTime: toRfc3339(answer.atMs) },
        problem: null,
      };
    },
    restart: (request) => run("board.restart", boardFeature.restart, request),
    reboot: (request) => run("board.reboot", boardFeature.reboot, request),
    async original({ actor, scope, idOrName, body: { method, args }, waitMs, signal }) {
      const row = await boards.row(scope, idOrName);
      requireCommandable(row);
      if (row.agent_kind !== "original") throw fail("board.unsupported", { feature: "original" });
      if (!link().isConnected(row.uuid as BoardId)) throw fail("board.offline");
      const given = checkOriginalArgs(method, args ?? []);
      const project = row.project_id as ProjectId;
      return operations.run({
        operation: { actor, project, name: "board.original", board: row.uuid },
        alongside: (tx, operation) =>
          audit.append(tx, {
            ...{ actor, action: "board.original", project },
            resource: { noun: "board", uuid: row.uuid, name: row.name },
            facts: { operation, method },
          }),
        ...{ waitMs, signal },
        work: (own, operation) =>
          link().command(
            row.uuid as BoardId,
            originalFeature.call,
            { method, args: [...given], request: operation },
            { signal: own },
          ),
      });
    },
    async info(scope, idOrName, signal) {
      const row = await boards.row(scope, idOrName);
      requireCommandable(row);
      return link().command(row.uuid as BoardId, boardFeature.info, {}, { signal });
    },
  };
};
