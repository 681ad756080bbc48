// What a request asked of a board that the board does later: a job, a change of its target. When it is over it is in the trace of that
// request: how long it waited for the board, and how long the board took. Boards send no spans and their clocks are not believed: the
// moments are those at which the board fetched it, and said how it ended. Kept in memory, and only of traces that are kept: what is
// on its way when the cloud ends is done all the same, and in no trace.
import { randomBytes } from "node:crypto";
import type { BoardId, TraceContext } from "@s4t/contract";
import type { Clock } from "@s4t/kit";
import type { Tracing } from "./trace.ts";

/** Most errands that are followed; beyond it the oldest are done outside their trace. */
export const MAX_ERRANDS = 10_000;

export interface Errands {
  /** A job waits for its board. `trace`: of who asked, as `Tracing.kept` says; so of the others. */
  jobQueued(
    uuid: string,
    job: { readonly board: string; readonly name: string },
    trace: TraceContext,
  ): void;
  jobFetched(uuid: string): void;
  /** Where a board works at a job; undefined for one that is in no trace. */
  jobTrace(uuid: string): TraceContext | undefined;
  /** `failed`: code of what went wrong. */
  jobEnded(uuid: string, failed: string | undefined): void;
  /** The board's target has another revision. */
  targetChanged(board: BoardId, revision: number, trace: TraceContext): void;
  /** Whether somebody's change of this board's target is on its way. */
  isAwaited(board: BoardId): boolean;
  /** The board has all up to this revision; so of the other. */
  targetFetched(board: BoardId, revision: number): void;
  targetSettled(board: BoardId, revision: number, failed: string | undefined): void;
}

/** Errands of a cloud that keeps no trace. */
export const noErrands: Errands = {
  jobQueued() {},
  jobFetched() {},
  jobTrace: () => undefined,
  jobEnded() {},
  targetChanged() {},
  isAwaited: () => false,
  targetFetched() {},
  targetSettled() {},
};

interface Errand {
  readonly board: string;
  readonly name: string;
  /** What the board does, for its own span. */
  readonly work: string;
  readonly revision: number;
  readonly asker: TraceContext;
  readonly context: TraceContext;
  /** Of the board's work. */
  readonly workId: string;
  readonly startMs: number;
  readonly from: number;
  fetched?: number;
}

const newSpanId = (): string => randomBytes(8).toString("hex");

/** Makes them. */
export const createErrands = ({
  clock,
  tracing,
}: {
  readonly clock: Clock;
  readonly tracing: Pick<Tracing, "add">;
}): Errands => {
  /** By the job's id, or board and revision; in the order in which they began. */
  const errands = new Map<string, Errand>();
  /** Revisions on their way, by board: the lesser first. */
  const targets = new Map<string, number[]>();

  const forget = (key: string, { board, revision }: Errand): void => {
    errands.delete(key);
    const left = targets.get(board)?.filter((each) => each !== revision) ?? [];
    if (left.length > 0) targets.set(board, left);
    else targets.delete(board);
  };
  const begin = (
    key: string,
    of: Pick<Errand, "board" | "name" | "work" | "revision">,
    asker: TraceContext,
  ): void => {
    if (errands.size >= MAX_ERRANDS)
      for (const [oldest, errand] of errands) {
        forget(oldest, errand);
        break;
      }
    errands.set(key, {
      ...of,
      ...{ asker, context: { ...asker, spanId: newSpanId() }, workId: newSpanId() },
      ...{ startMs: clock.now(), from: clock.monotonicMs() },
    });
  };
  const fetch = (key: string): void => {
    const errand = errands.get(key);
    if (errand) errand.fetched ??= clock.monotonicMs();
  };

  const end = (key: string, failed: string | undefined): void => {
    const errand = errands.get(key);
    if (!errand) return;
    forget(key, errand);
    const { board, name, work, asker, context, workId, startMs, from, fetched } = errand;
    const tookMs = clock.monotonicMs() - from;
    const waitedMs = fetched === undefined ? tookMs : fetched - from;
    const attributes = { "s4t.board": board };
    const within = { attributes, parent: context.spanId };
    tracing.add({
      ...{ name, by: "iotronic", kind: "internal", context, parent: asker.spanId },
      ...{ startMs, tookMs, attributes, failed },
    });
    tracing.add({
      ...{ ...within, name: `${name}: wait`, by: "iotronic", kind: "producer" },
      ...{ context: { ...context, spanId: newSpanId() }, startMs, tookMs: waitedMs },
      failed: fetched === undefined ? failed : undefined,
    });
    if (fetched === undefined) return;
    tracing.add({
      ...{ ...within, name: work, by: "lightning-rod", kind: "consumer", failed },
      ...{ context: { ...context, spanId: workId }, startMs: startMs + waitedMs },
      tookMs: tookMs - waitedMs,
    });
  };

  const keyOf = (board: string, revision: number): string => `${board} ${revision}`;
  const upTo = (board: string, revision: number): readonly number[] =>
    targets.get(board)?.filter((each) => each <= revision) ?? [];

  return {
    jobQueued: (uuid, { board, name }, trace) =>
      begin(uuid, { board, name: `job ${name}`, work: name, revision: -1 }, trace),
    jobFetched: fetch,
    jobTrace(uuid) {
      const errand = errands.get(uuid);
      return errand && { ...errand.context, spanId: errand.workId };
    },
    jobEnded: end,
    targetChanged(board, revision, trace) {
      const key = keyOf(board, revision);
      if (errands.has(key)) return;
      begin(key, { board, name: "target", work: "target.apply", revision }, trace);
      targets.set(board, [...(targets.get(board) ?? []), revision]);
    },
    isAwaited: (board) => targets.has(board),
    targetFetched(board, revision) {
      for (const each of upTo(board, revision)) fetch(keyOf(board, each));
    },
    targetSettled(board, revision, failed) {
      for (const each of upTo(board, revision)) end(keyOf(board, each), failed);
    },
  };
};
