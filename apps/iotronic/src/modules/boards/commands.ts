// Commands to one board: at once, or as a job that waits for it.
import {
  type BoardId,
  type BoardInfo,
  board as boardFeature,
  fail,
  type Operation,
  type Problem,
  type Procedure,
  type ProjectId,
} from "@s4t/contract";
import { type Clock, isS4tError, type Json, toRfc3339, untilAborted } from "@s4t/kit";
import type { AuditLog } from "../../edge/facts.ts";
import { newId } from "../../edge/id.ts";
import type { Link } from "../../edge/link.ts";
import { Answer } from "../../edge/routes.ts";
import { type Actor, everything, type Scope, systemActor, within } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import type { Operations, Outcome } from "../operations/index.ts";
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

const problemOf = (error: unknown): Problem =>
  isS4tError(error)
    ? { code: error.code, sentence: error.message }
    : { code: "internal", sentence: fail("internal", { reference: "log" }).message };

/** Makes the verbs. */
export const createCommands = (deps: CommandsDependencies): Commands => {
  const { boards, operations, link, database, clock, audit, changes } = deps;

  const accepted = (operation: Operation): Answer<Operation> =>
    new Answer(
      operation,
      operation.endedAt === null
        ? { status: 202, headers: { location: `/api/operations/${operation.uuid}` } }
        : {},
    );

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

  const outcomeOf = async (
    row: BoardRow,
    call: Promise<{ backWithinS: number }>,
  ): Promise<Outcome> => {
    try {
      const result = await call;
      await noteAway(row, result.backWithinS);
      return { state: "done", result };
    } catch (error) {
      const problem = problemOf(error);
      // Sent, and no answer: whether it ran is not known.
      const unknown = problem.code === "command.unknown" || problem.code === "deadline.exceeded";
      return { state: unknown ? "unknown" : "failed", problem };
    }
  };

  const run = async <P extends typeof boardFeature.restart | typeof boardFeature.reboot>(
    action: string,
    procedure: P,
    request: CommandRequest,
  ): Promise<Answer<Operation>> => {
    const { actor, scope, idOrName, body, waitMs } = request;
    const row = await boards.row(scope, idOrName);
    requireCommandable(row);
    const queued = body.deliver === "when-online";
    if (!queued && !link().isConnected(row.uuid as BoardId)) throw fail("board.offline");
    const project = row.project_id as ProjectId;
    const expiresAtMs = clock.now() + (body.expiresInS ?? JOB_LIFE_S) * 1_000;
    const operation = await database.write(within(project), async (tx) => {
      const opened = await operations.open(tx, {
        actor,
        project,
        name: action,
        board: row.uuid,
        ...(queued
          ? {
              job: {
                procedure: procedure.name,
                args: {} as Json,
                idempotent: procedure.idempotent,
                expiresAtMs,
              },
            }
          : {}),
      });
      await audit.append(tx, {
        actor,
        action,
        project,
        resource: { noun: "board", uuid: row.uuid, name: row.name },
        facts: { operation: opened.uuid, deliver: body.deliver ?? "now" },
      });
      if (queued) link().retarget(tx, row.uuid as BoardId, row.target_wanted);
      return opened;
    });
    if (queued) return accepted(operation);
    // The request may end before the board answers: the call goes on, bounded by the procedure's own time.
    const own = new AbortController();
    const settled = outcomeOf(
      row,
      link().command(
        row.uuid as BoardId,
        procedure as Procedure,
        {},
        { signal: own.signal },
      ) as Promise<{ backWithinS: number }>,
    ).then((outcome) => operations.settle(everything, operation.uuid, outcome));
    if (waitMs === undefined) return accepted(operation);
    const timer = new Promise<undefined>((resolve) =>
      clock.after(waitMs, () => resolve(undefined)),
    );
    return accepted(
      (await untilAborted(Promise.race([settled, timer]), request.signal)) ?? operation,
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
    async info(scope, idOrName, signal) {
      const row = await boards.row(scope, idOrName);
      requireCommandable(row);
      return link().command(row.uuid as BoardId, boardFeature.info, {}, { signal });
    },
  };
};
