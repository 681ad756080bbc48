// Operations: work that may outlive its request, and the lane of jobs that wait for their boards.
import {
  fail,
  isUuid,
  type Job,
  type Operation,
  type OperationParts,
  type OperationState,
  operationStates,
  type Problem,
  type ProjectId,
  type TraceContext,
  traceKeywordsOf,
} from "@s4t/contract";
import { type Clock, type Json, type Log, type Part, toRfc3339 } from "@s4t/kit";
import type { Errands } from "../../edge/errands.ts";
import type { ChangeLog } from "../../edge/facts.ts";
import { newId } from "../../edge/id.ts";
import type { Metrics } from "../../edge/metrics.ts";
import { type PageQuery, pageOf, pageSizeOf, parseCursor } from "../../edge/page.ts";
import type { Tracing } from "../../edge/trace.ts";
import { type Actor, everything, type Scope, systemActor, within } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import { jobMetrics } from "./metrics.ts";
import { createRuns, type Runs } from "./run.ts";
import { createSteps, ROWS_AT_ONCE } from "./steps.ts";
import {
  countJobs,
  findOperation,
  hasJobs,
  insertOperation,
  listJobs,
  listOperations,
  listOperationsOfOthers,
  listOverdue,
  listRunning,
  nextLane,
  type OperationRow,
  updateOperation,
} from "./store.ts";

/** How long a late report may still settle an `unknown` operation. */
export const LATE_RESULT_LIMIT_MS = 86_400_000;
/** How often operations are looked at whose time is over. */
export const OPERATION_EXPIRY_MS = 5_000;
/** How long after its expiry a job that was handed over may still be reported before it counts as unknown. */
export const HANDED_OVER_GRACE_MS = 60_000;
const expiredAtOnce = 500;

/** A new operation. */
export interface NewOperation {
  /** Its id, where it was made before. */
  readonly uuid?: string;
  readonly actor: Actor;
  readonly project: ProjectId;
  readonly name: string;
  readonly board: string | null;
  readonly parent?: string | null;
  /** Of a bulk operation: how many boards it is about. */
  readonly parts?: OperationParts;
  /** A job waits in its board's lane; absent: sent at once. */
  readonly job?: {
    readonly procedure: string;
    readonly args: Json;
    readonly idempotent: boolean;
    readonly expiresAtMs: number;
  };
}

/** How an operation ended, or that nobody knows. */
export interface Outcome {
  readonly state: Extract<OperationState, "done" | "failed" | "unknown" | "expired" | "canceled">;
  readonly result?: unknown;
  readonly problem?: Problem;
}

/** A board as far as its operations are concerned. */
export interface ReportingBoard {
  readonly uuid: string;
  readonly project: ProjectId;
}

export interface Operations extends Part {
  readonly run: Runs["run"];
  open(tx: Tx, operation: NewOperation): Promise<Operation>;
  /** Ends an operation; what has ended already stays, but for an `unknown` one within a day. Answers the operation. */
  settle(scope: Scope, uuid: string, outcome: Outcome): Promise<Operation | undefined>;
  /**
   * Within the transaction of a report: the same for what a board reports. Another board's operation is none of its; answers whether
   * this one is its own.
   */
  settleReported(tx: Tx, board: ReportingBoard, uuid: string, outcome: Outcome): Promise<boolean>;
  /** Those among these operations that are another's than this board's. One that is kept no longer is nobody's. */
  listOfOthers(board: string, uuids: readonly string[]): Promise<string[]>;
  /** Within a transaction: how far a bulk operation is. */
  progress(tx: Tx, uuid: string, parts: OperationParts): Promise<void>;
  /** Within a transaction: how far it came, and that it has ended. */
  finish(tx: Tx, uuid: string, parts: OperationParts, outcome: Outcome): Promise<void>;
  /** Asks `cancel` to end bulk operations; it answers whether this one goes on. Returns how to stop. */
  onCancel(cancel: (uuid: string) => Promise<boolean>): () => void;
  list(scope: Scope, query: OperationQuery): Promise<{ items: Operation[]; next: string | null }>;
  get(scope: Scope, uuid: string): Promise<Operation>;
  cancel(actor: Actor, scope: Scope, uuid: string): Promise<Operation>;
  /**
   * Within a transaction: jobs that wait for this board wait no longer. What it has already may still be reported. Of a long lane the
   * first {@link ROWS_AT_ONCE} end with the transaction, the others soon after; those that a kill leaves end with their time.
   */
  cancelWaiting(tx: Tx, actor: Actor, project: ProjectId, board: string): Promise<void>;
  /** Jobs for a board that is there, in order. They are `running` from then on: handed over, and no longer to be canceled. */
  /** Within a transaction: whether jobs wait for a board, or are under way there. */
  hasJobs(tx: Tx, board: string): Promise<boolean>;
  jobsFor(
    project: ProjectId,
    board: string,
    asked: JobsAsked,
  ): Promise<{ jobs: Job[]; more: boolean }>;
}

export interface JobsAsked {
  /** Cursor of the last job that the board has; 0 for none. */
  readonly after: number;
  readonly limit: number;
  /** Within the transaction that gives the jobs: throws when who asks may no longer have them. */
  readonly hold?: (tx: Tx) => Promise<void>;
}

export interface OperationQuery extends PageQuery {
  readonly parent?: string | undefined;
  readonly sort?: "created" | "-created" | undefined;
  readonly board?: string | undefined;
  readonly status?: string | undefined;
}

const show = (row: OperationRow): Operation => ({
  uuid: row.uuid,
  name: row.name,
  status: row.status as OperationState,
  project: row.project_id,
  parent: row.parent,
  board: row.board_id,
  actor: row.actor,
  createdAt: toRfc3339(Number(row.created_at)),
  endedAt: row.ended_at === null ? null : toRfc3339(Number(row.ended_at)),
  expiresAt: row.expires_at === null ? null : toRfc3339(Number(row.expires_at)),
  result: row.result === null ? null : (JSON.parse(row.result) as unknown),
  problem: row.problem === null ? null : (JSON.parse(row.problem) as Problem),
  ...(row.parts === null ? {} : { parts: JSON.parse(row.parts) as OperationParts }),
});

const jobOf = (row: OperationRow, trace: TraceContext | undefined): Job => ({
  id: row.uuid,
  cursor: Number(row.lane),
  procedure: row.procedure ?? "",
  args: JSON.parse(row.args ?? "{}") as unknown,
  idempotent: row.idempotent === 1,
  expiresAtMs: Number(row.expires_at ?? 0),
  ...(trace ? traceKeywordsOf(trace) : {}),
});

/** States with commas between them. Throws `request.invalid`. */
export const statesOf = (text: string | undefined): string[] | undefined => {
  if (text === undefined) return undefined;
  const states = text.split(",");
  const wrong = states.find((state) => !(operationStates as readonly string[]).includes(state));
  if (wrong !== undefined)
    throw fail("request.invalid", {
      where: "query/status",
      because: `${wrong} is not a state of an operation`,
    });
  return states;
};

export interface OperationsDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly changes: ChangeLog;
  readonly metrics: Metrics;
  readonly tracing: Pick<Tracing, "kept">;
  readonly errands: Errands;
}

/** Makes the module. */
export const createOperations = ({
  database,
  clock,
  log,
  changes,
  metrics,
  tracing,
  errands,
}: OperationsDependencies): Operations => {
  const countJob = jobMetrics(metrics, () =>
    database.read(everything, (reader) => countJobs(everything, reader)),
  );
  let timer: { cancel(): void } | undefined;
  let cancelBulk: ((uuid: string) => Promise<boolean>) | undefined;
  const unsettled: readonly string[] = ["queued", "running"];

  const note = (tx: Tx, actor: Actor, row: OperationRow, rev: number) =>
    changes.append(tx, {
      actor,
      project: row.project_id as ProjectId,
      noun: "operation",
      uuid: row.uuid,
      rev,
      patch: { name: row.name, status: row.status, board: row.board_id },
    });

  const maySettle = (row: OperationRow): boolean =>
    unsettled.includes(row.status) ||
    (row.status === "unknown" && clock.now() - Number(row.ended_at ?? 0) < LATE_RESULT_LIMIT_MS);

  const endOf = ({ state, result, problem }: Outcome) => ({
    status: state,
    ended_at: clock.now(),
    result: result === undefined ? null : JSON.stringify(result),
    problem: problem === undefined ? null : JSON.stringify(problem),
  });

  const end = async (
    tx: Tx,
    actor: Actor,
    row: OperationRow,
    outcome: Outcome,
  ): Promise<OperationRow> => {
    const set = endOf(outcome);
    await updateOperation(within(row.project_id as ProjectId), tx, row.uuid, set);
    const ended = { ...row, ...set };
    await note(tx, actor, ended, 2);
    if (row.lane === null) return ended;
    const failed = outcome.state === "done" ? undefined : (outcome.problem?.code ?? outcome.state);
    tx.afterCommit(() => {
      countJob(outcome.state);
      errands.jobEnded(row.uuid, failed);
    });
    return ended;
  };

  const settle = (scope: Scope, uuid: string, outcome: Outcome): Promise<Operation | undefined> =>
    database.write(scope, async (tx) => {
      const row = await findOperation(scope, tx, uuid);
      if (!row) return undefined;
      return show(maySettle(row) ? await end(tx, systemActor, row, outcome) : row);
    });

  const open: Operations["open"] = async (tx, input) => {
    const { actor, project, name, board, parent, job } = input;
    const scope = within(project);
    const row: OperationRow = {
      uuid: input.uuid ?? newId(),
      project_id: project,
      name,
      status: job ? "queued" : "running",
      parent: parent ?? null,
      board_id: board,
      actor: actor.name,
      procedure: job?.procedure ?? null,
      args: job ? JSON.stringify(job.args) : null,
      idempotent: job?.idempotent ? 1 : 0,
      lane: job && board !== null ? await nextLane(scope, tx, board, clock.now()) : null,
      created_at: clock.now(),
      ended_at: null,
      expires_at: job?.expiresAtMs ?? null,
      result: null,
      problem: null,
      parts: input.parts ? JSON.stringify(input.parts) : null,
    };
    await insertOperation(scope, tx, row);
    await note(tx, actor, row, 1);
    const trace = tracing.kept();
    if (job)
      tx.afterCommit(() => {
        countJob("queued");
        if (trace) errands.jobQueued(row.uuid, { board: board ?? "", name }, trace);
      });
    return show(row);
  };

  const runs = createRuns({
    ...{ database, clock, log, open },
    settle: (uuid, outcome) => settle(everything, uuid, outcome),
  });

  const steps = createSteps(database, log, "Jobs of a retired board could not be ended");

  /** Where a page begins: behind its cursor, or behind an operation. */
  const startOf = async (scope: Scope, reader: Reader, after: string) => {
    if (!isUuid(after)) return parseCursor(after, ["number", "string"]);
    const row = await findOperation(scope, reader, after);
    if (!row) throw fail("operation.not-found");
    return [Number(row.created_at), row.uuid] as const;
  };

  const expire = async (): Promise<void> => {
    const overdue = await database.read(everything, (reader) =>
      listOverdue(everything, reader, clock.now(), HANDED_OVER_GRACE_MS, expiredAtOnce),
    );
    for (const { uuid, status } of overdue) {
      // A job that a board had already may have run there; its report, should it come, settles that.
      const [state, code] =
        status === "queued"
          ? (["expired", "command.expired"] as const)
          : (["unknown", "command.unknown"] as const);
      await settle(everything, uuid, { state, problem: { code, sentence: fail(code).message } });
    }
  };

  const watch = (): void => {
    timer = clock.after(OPERATION_EXPIRY_MS, () => {
      expire()
        .catch((error: unknown) => log.warn("Expired operations could not be ended", { error }))
        .finally(watch);
    });
  };

  const operations: Operations = {
    name: "operations",
    async start() {
      const cut = await database.read(everything, (reader) => listRunning(everything, reader));
      for (const { uuid } of cut)
        await settle(everything, uuid, {
          state: "unknown",
          problem: { code: "command.unknown", sentence: fail("command.unknown").message },
        });
      watch();
    },
    async stop() {
      timer?.cancel();
      await steps.stop();
      await runs.stop();
    },
    run: runs.run,
    open,
    settle,
    async settleReported(tx, board, uuid, outcome) {
      const row = await findOperation(within(board.project), tx, uuid);
      const isOwn = row?.board_id === board.uuid;
      if (isOwn && maySettle(row)) await end(tx, systemActor, row, outcome);
      return isOwn;
    },
    async progress(tx, uuid, parts) {
      const row = await findOperation(everything, tx, uuid);
      if (row?.status !== "running") return;
      await updateOperation(everything, tx, uuid, { parts: JSON.stringify(parts) });
      await note(tx, systemActor, row, 2);
    },
    async finish(tx, uuid, parts, outcome) {
      const row = await findOperation(everything, tx, uuid);
      if (row?.status !== "running") return;
      await updateOperation(everything, tx, uuid, { parts: JSON.stringify(parts) });
      await end(tx, systemActor, row, outcome);
    },
    onCancel(cancel) {
      cancelBulk = cancel;
      return () => {
        cancelBulk = undefined;
      };
    },
    listOfOthers: (board, uuids) =>
      database.read(everything, (reader) =>
        listOperationsOfOthers(everything, reader, board, uuids),
      ),
    async list(scope, query) {
      await runs.stored();
      const { board, parent, sort = "-created", after: start } = query;
      const rows = await database.read(scope, async (reader) => {
        const after = start === undefined ? undefined : await startOf(scope, reader, start);
        const filter = { board, parent, states: statesOf(query.status), sort, after };
        return listOperations(scope, reader, filter, pageSizeOf(query) + 1);
      });
      return pageOf(rows, query, (row) => [Number(row.created_at), row.uuid], show);
    },
    async get(scope, uuid) {
      await runs.stored(uuid);
      const row = await database.read(scope, (reader) => findOperation(scope, reader, uuid));
      if (!row) throw fail("operation.not-found");
      return show(row);
    },
    async cancel(actor, scope, uuid) {
      const canceled = await database.write(scope, async (tx) => {
        const row = await findOperation(scope, tx, uuid);
        if (!row) throw fail("operation.not-found");
        if (row.parts !== null && row.status === "running") return { isBulk: true };
        const going = row.status === "running" ? runs.cancel(uuid) : undefined;
        if (going) return { going };
        if (row.status !== "queued") throw fail("operation.finished", { state: row.status });
        return { operation: show(await end(tx, actor, row, { state: "canceled" })) };
      });
      if (canceled.isBulk) {
        await cancelBulk?.(uuid);
        return operations.get(scope, uuid);
      }
      return (canceled.operation ?? canceled.going) as Operation;
    },
    async cancelWaiting(tx, actor, project, board) {
      const scope = within(project);
      const step = async (next: Tx) => {
        const waiting = await listJobs(scope, next, board, 0, ROWS_AT_ONCE, ["queued"]);
        for (const row of waiting) await end(next, actor, row, { state: "canceled" });
        return waiting.length;
      };
      if ((await step(tx)) === ROWS_AT_ONCE) tx.afterCommit(() => steps.beside(step));
    },
    hasJobs: (tx, board) => hasJobs(everything, tx, board, 0),
    async jobsFor(project, board, { after, limit, hold }) {
      const scope = within(project);
      const isWaiting = await database.read(scope, (reader) =>
        hasJobs(scope, reader, board, after),
      );
      if (!isWaiting) return { jobs: [], more: false };
      // From here on the board may run them: taken back they can no longer be. What was canceled meanwhile stays here.
      const given = await database.write(scope, async (tx) => {
        await hold?.(tx);
        const rows = await listJobs(scope, tx, board, after, limit + 1);
        for (const row of rows.slice(0, limit)) {
          if (row.status !== "queued") continue;
          await updateOperation(scope, tx, row.uuid, { status: "running" });
          await note(tx, systemActor, { ...row, status: "running" }, 2);
          tx.afterCommit(() => {
            countJob("delivered");
            errands.jobFetched(row.uuid);
          });
        }
        return rows;
      });
      return {
        jobs: given.slice(0, limit).map((row) => jobOf(row, errands.jobTrace(row.uuid))),
        more: given.length > limit,
      };
    },
  };
  return operations;
};
