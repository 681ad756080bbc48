// One bulk operation on its way: so many boards at their turn together, at the pace of its project, until every board has had its turn.
// A wish is stored in one transaction with its board's row: killed anywhere, it is done once. Of a command the row says `running`
// before it is sent and how it ended afterwards: killed in between it is `unknown`, and never sent again.
import {
  type BoardId,
  type BulkActionName,
  bulkActions,
  fail,
  type Operation,
  type OperationParts,
  type OperationState,
  operationStates,
  type ProjectId,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log, sleep } from "@s4t/kit";
import type { BulkWork, PerformOne } from "../../edge/bulk.ts";
import type { Company } from "../../edge/company.ts";
import type { ChangeLog } from "../../edge/facts.ts";
import type { Link } from "../../edge/link.ts";
import { type Actor, within } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import { type Operations, problemOf } from "../operations/index.ts";
import { createPace, type Pace } from "./pace.ts";
import {
  type BulkBoardRow,
  type BulkRow,
  countBulkBoards,
  keepResult,
  listBulkBoards,
  moveAll,
  moveBulkBoard,
  updateBulk,
} from "./store.ts";

/** How often the progress of a bulk operation is written down, and told to whoever watches. */
export const BULK_PROGRESS_MS = 500;
/** Boards that are read ahead of their turn. */
export const BULK_READ_AHEAD = 200;
/** How long who began it is believed to be who they were: what is taken from them holds from then on. */
export const BULK_ACTOR_MS = 1_000;
/** How long commands wait for boards after a start of the cloud: all of them come back first. */
export const BULK_RESUME_GRACE_MS = 60_000;
/** Most of an answer that is kept for a board. */
export const MAX_BULK_RESULT_BYTES = 4_096;
/** Until a board's turn is tried again that the cloud could not write down. */
const retryMs = 1_000;

export interface DriveDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly company: Company;
  readonly changes: ChangeLog;
  readonly operations: Operations;
  readonly link: () => Link;
  readonly performOne: () => PerformOne;
  /** Who it is now, by their token; undefined: nobody any more. */
  readonly actorNow: (actor: Actor) => Promise<Actor | undefined>;
}

/** One on its way. */
export interface Going {
  /** Boards that have had no turn have none any more. Resolves when the others have ended. */
  cancel(): Promise<void>;
  /** The cloud stops: what has had no turn stays as it is. */
  stop(): Promise<void>;
}

/** Counts of no boards. */
export const noParts = (): Record<keyof OperationParts, number> => ({
  total: 0,
  queued: 0,
  running: 0,
  done: 0,
  failed: 0,
  unknown: 0,
  expired: 0,
  canceled: 0,
});

/** Counts as an operation shows them. */
export const partsOf = (counts: ReadonlyMap<string, number>): OperationParts => {
  const parts = noParts();
  for (const state of operationStates) {
    parts[state] = counts.get(state) ?? 0;
    parts.total += parts[state];
  }
  return parts;
};

const isOperation = (answer: unknown): answer is Operation =>
  typeof answer === "object" && answer !== null && "status" in answer && "endedAt" in answer;

/** What is kept of an answer: what the board said, or what a wish made. Rows of ours are looked up where they are. */
const keptOf = (action: BulkActionName, answer: unknown): string | null => {
  const kept =
    action === "board.info"
      ? answer
      : action === "exposure.expose"
        ? { publicPort: (answer as { publicPort?: unknown }).publicPort }
        : isOperation(answer)
          ? answer.result
          : null;
  if (kept === null || kept === undefined) return null;
  const text = JSON.stringify(kept);
  return Buffer.byteLength(text) <= MAX_BULK_RESULT_BYTES
    ? text
    : JSON.stringify({ omitted: `longer than ${MAX_BULK_RESULT_BYTES} bytes` });
};

/** Begins it, or goes on with it. */
export const drive = (
  deps: DriveDependencies,
  bulk: BulkRow,
  actor: Actor,
  shared: Pace,
  { resumed, onEnd }: { readonly resumed: boolean; readonly onEnd: () => void },
): Going => {
  const { database, clock, log, company, changes, operations, link } = deps;
  const project = bulk.project_id as ProjectId;
  const scope = within(project);
  const action = bulk.action as BulkActionName;
  const { kind } = bulkActions[action];
  const work: BulkWork = {
    ...{ action, project },
    params: JSON.parse(bulk.params) as Record<string, string>,
    body: JSON.parse(bulk.body) as unknown,
  };
  const ownPace = createPace(clock, bulk.per_second);
  const stopping = new AbortController();
  const ending = new AbortController();
  if (bulk.canceled === 1) ending.abort(fail("request.canceled"));
  const until = AbortSignal.any([stopping.signal, ending.signal]);
  const waitUntilMs = Math.max(
    bulk.wait_until ?? 0,
    resumed && kind === "command" ? clock.now() + BULK_RESUME_GRACE_MS : 0,
  );

  const counts = new Map<string, number>();
  let timer: { cancel(): void } | undefined;
  let telling: Promise<void> = Promise.resolve();
  const tell = (): void => {
    timer = undefined;
    telling = database
      .write(scope, (tx) => operations.progress(tx, bulk.uuid, partsOf(counts)))
      .catch((error: unknown) => log.warn("Progress could not be written", { error }));
  };
  const count = (from: OperationState, to: OperationState): void => {
    counts.set(from, (counts.get(from) ?? 0) - 1);
    counts.set(to, (counts.get(to) ?? 0) + 1);
    timer ??= clock.after(BULK_PROGRESS_MS, tell);
  };

  // Whose turn it is: in order, but for those that are waited for.
  const away = new Map<string, BulkBoardRow>();
  const back: BulkBoardRow[] = [];
  let wakeUp = Promise.withResolvers<void>();
  const wake = (): void => {
    wakeUp.resolve();
    wakeUp = Promise.withResolvers<void>();
  };
  const bringBack = (board: string): void => {
    const row = away.get(board);
    if (!row) return;
    away.delete(board);
    back.push(row);
    wake();
  };
  const stopListening = changes.subscribe(({ noun, uuid }) => {
    if (noun === "board" && away.has(uuid) && link().isConnected(uuid as BoardId)) bringBack(uuid);
  });
  const patience = clock.after(Math.max(0, waitUntilMs - clock.now()), () => {
    for (const board of [...away.keys()]) bringBack(board);
  });
  until.addEventListener("abort", wake);
  const isWaitedFor = ({ board_id }: BulkBoardRow): boolean =>
    kind === "command" && clock.now() < waitUntilMs && !link().isConnected(board_id as BoardId);

  let ahead: BulkBoardRow[] = [];
  let place = 0;
  let isRead = false;
  let reading: Promise<void> | undefined;
  const readAhead = async (): Promise<void> => {
    const filter = { bulk: bulk.uuid, states: ["queued"], after: place };
    const rows = await database.read(scope, (reader) =>
      listBulkBoards(scope, reader, filter, BULK_READ_AHEAD),
    );
    ahead = rows;
    place = rows.at(-1)?.place ?? place;
    isRead = rows.length < BULK_READ_AHEAD;
  };
  const next = async (): Promise<BulkBoardRow | undefined> => {
    for (;;) {
      if (until.aborted) return undefined;
      const row = back.shift() ?? ahead.shift();
      if (row) {
        if (!isWaitedFor(row)) return row;
        away.set(row.board_id, row);
      } else if (!isRead) {
        reading ??= readAhead().finally(() => {
          reading = undefined;
        });
        await reading;
      } else if (away.size > 0) await wakeUp.promise;
      else return undefined;
    }
  };

  let known: { readonly atMs: number; readonly who: Promise<Actor | undefined> } | undefined;
  const whoNow = async (): Promise<Actor> => {
    if (!known || clock.monotonicMs() - known.atMs >= BULK_ACTOR_MS)
      known = { atMs: clock.monotonicMs(), who: deps.actorNow(actor) };
    const who = await known.who;
    if (!who) throw fail("auth.expired");
    return who;
  };

  const move = (
    row: BulkBoardRow,
    from: OperationState,
    set: Partial<BulkBoardRow> & { readonly status: OperationState },
  ): Promise<boolean> =>
    database
      .write(scope, (tx) => moveBulkBoard(scope, tx, row, from, set))
      .then((moved) => {
        if (moved) count(from, set.status);
        return moved;
      });

  const failed = (error: unknown): Partial<BulkBoardRow> & { readonly status: OperationState } => {
    const problem = problemOf(error);
    if (problem.code === "internal")
      log.error("A board's part of a bulk operation failed", { error });
    const isUnknown =
      kind === "command" && ["command.unknown", "deadline.exceeded"].includes(problem.code);
    return {
      status: isUnknown ? "unknown" : "failed",
      ended_at: clock.now(),
      problem: JSON.stringify(problem),
    };
  };

  const wish = async (row: BulkBoardRow): Promise<void> => {
    const started_at = clock.now();
    const done = () => ({ status: "done" as const, started_at, ended_at: clock.now() });
    await company.along(
      async (tx) => {
        if (!(await moveBulkBoard(scope, tx, row, "queued", done())))
          throw fail("request.canceled");
      },
      async (wasDone) => {
        try {
          // What is written about who it is now is not this board's turn.
          const who = await company.apart(whoNow);
          const answer = await deps.performOne().perform(who, work, row.board_id, stopping.signal);
          const result = keptOf(action, answer);
          if (result !== null)
            await company.apart(() =>
              database.write(scope, (tx) => keepResult(scope, tx, row, result)),
            );
          // Nothing was to be changed: that is done, too.
          if (!wasDone()) await company.apart(() => move(row, "queued", done()));
          else count("queued", "done");
        } catch (error) {
          if (wasDone()) return count("queued", "done");
          if (stopping.signal.aborted || isS4tError(error, "request.canceled")) return;
          if (isS4tError(error) && error.code.startsWith("cloud.")) throw error;
          await company.apart(() => move(row, "queued", { ...failed(error), started_at }));
        }
      },
    );
  };

  const command = async (row: BulkBoardRow): Promise<void> => {
    if (!(await move(row, "queued", { status: "running", started_at: clock.now() }))) return;
    try {
      const who = await whoNow();
      const answer = await deps.performOne().perform(who, work, row.board_id, stopping.signal);
      const own = isOperation(answer) ? answer : undefined;
      await move(row, "running", {
        status: own?.status ?? "done",
        ended_at: clock.now(),
        // A ping is put on record nowhere else.
        operation_id: action === "board.ping" ? null : (own?.uuid ?? null),
        result: keptOf(action, answer),
        problem: own?.problem ? JSON.stringify(own.problem) : null,
      });
    } catch (error) {
      // Whether it was sent nobody knows: the next start says so.
      if (!stopping.signal.aborted) await move(row, "running", failed(error));
    }
  };

  const worker = async (): Promise<void> => {
    for (let row = await next(); row; row = await next()) {
      try {
        await shared.turn(until);
        await ownPace.turn(until);
        await (kind === "wish" ? wish(row) : command(row));
      } catch (error) {
        if (until.aborted) return;
        log.warn("A board's turn in a bulk operation could not be written down", { error });
        await sleep(clock, retryMs, until).catch(() => {});
        back.push(row);
      }
    }
  };

  const end = async (): Promise<void> => {
    await database.write(scope, async (tx) => {
      const ended_at = clock.now();
      const problem = JSON.stringify(problemOf(fail("command.unknown")));
      await moveAll(scope, tx, bulk.uuid, "running", { status: "unknown", ended_at, problem });
      const parts = partsOf(await countBulkBoards(scope, tx, bulk.uuid));
      await updateBulk(scope, tx, bulk.uuid, { ended_at });
      const missing = parts.total - parts.done;
      await operations.finish(
        ...([tx, bulk.uuid, parts] as const),
        ending.signal.aborted
          ? { state: "canceled" }
          : missing === 0
            ? { state: "done" }
            : {
                state: "failed",
                problem: problemOf(fail("bulk.incomplete", { count: missing, total: parts.total })),
              },
      );
    });
  };

  const run = async (): Promise<void> => {
    await database.write(scope, async (tx) => {
      // Under way when the cloud ended: commands that may have been sent.
      const problem = JSON.stringify(problemOf(fail("command.unknown")));
      const set = { status: "unknown", ended_at: clock.now(), problem };
      if (resumed) await moveAll(scope, tx, bulk.uuid, "running", set);
      for (const [state, number] of await countBulkBoards(scope, tx, bulk.uuid))
        counts.set(state, number);
    });
    await Promise.all(Array.from({ length: bulk.at_once }, worker));
    timer?.cancel();
    await telling;
    if (!stopping.signal.aborted) await end();
  };

  const ended = run()
    .catch((error: unknown) =>
      log.error("A bulk operation stands still until the next start", { error }),
    )
    .finally(() => {
      timer?.cancel();
      patience.cancel();
      stopListening();
      onEnd();
    });

  return {
    async cancel() {
      await database.write(scope, async (tx) => {
        const set = { status: "canceled", ended_at: clock.now() };
        await updateBulk(scope, tx, bulk.uuid, { canceled: 1 });
        await moveAll(scope, tx, bulk.uuid, "queued", set);
      });
      ending.abort(fail("request.canceled"));
      await ended;
    },
    async stop() {
      stopping.abort(fail("command.unknown"));
      await ended;
    },
  };
};
