// Last values as lists look them up. They are gathered and written every few seconds, many boards in one statement: a report waits for
// none of it, and what a kill loses comes with the next one.
import type { ReportRow } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import type { KnownBoard } from "../../edge/link.ts";
import { everything } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import { type LatestRow, setLatest } from "./values-store.ts";

/** How often they are written: how late a query sees a value at most. */
export const LATEST_FLUSH_MS = 5_000;
/** Rows of one transaction: others hardly wait. */
export const LATEST_ROWS_AT_ONCE = 1_000;
/** Most boards whose values wait: beyond it the ones that come are left to their next report. */
export const MAX_LATEST_BOARDS = 200_000;

type PointsRow = Pick<Extract<ReportRow, { kind: "points" }>, "atMs" | "values">;

interface Waiting {
  readonly project: string;
  readonly values: Map<string, { readonly value: number; readonly atMs: number }>;
}

export interface LatestValues extends Part {
  /** A board's values, in the order in which they came. */
  note(board: KnownBoard, points: readonly PointsRow[]): void;
}

/** Makes it. */
export const createLatestValues = ({
  database,
  clock,
  log,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}): LatestValues => {
  let waiting = new Map<string, Waiting>();
  let timer: { cancel(): void } | undefined;
  let isStopped = false;

  const flush = async (): Promise<void> => {
    const taken = waiting;
    waiting = new Map();
    let rows: LatestRow[] = [];
    const write = async (): Promise<void> => {
      const some = rows;
      rows = [];
      if (some.length > 0)
        await database.write(everything, (tx) => setLatest(everything, tx, some));
    };
    for (const [board, { project, values }] of taken)
      for (const [series, { value, atMs }] of values) {
        rows.push([project, board, series, value, atMs]);
        if (rows.length === LATEST_ROWS_AT_ONCE) await write();
      }
    await write();
  };
  const flushed = (): Promise<void> =>
    flush().catch((error: unknown) => log.warn("Last values could not be written", { error }));
  const watch = (): void => {
    if (isStopped) return;
    timer = clock.after(LATEST_FLUSH_MS, () => void flushed().finally(watch));
  };

  return {
    name: "latest-values",
    start: watch,
    async stop() {
      isStopped = true;
      timer?.cancel();
      await flushed();
    },
    note({ uuid, project }, points) {
      let known = waiting.get(uuid);
      if (!known) {
        if (waiting.size >= MAX_LATEST_BOARDS) return;
        known = { project, values: new Map() };
        waiting.set(uuid, known);
      }
      for (const { atMs, values } of points)
        for (const series in values) {
          const before = known.values.get(series);
          const value = values[series] as number;
          if (Number.isFinite(value) && (!before || before.atMs <= atMs))
            known.values.set(series, { value, atMs });
        }
    },
  };
};
