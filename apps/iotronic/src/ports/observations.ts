// Where measured values live: a series dictionary with integer keys, day partitions, roll-ups of a minute and an hour,
// retention by dropping partitions. Apart from the database, because its load and its promises are others.
import { type BoardId, fail, type ProjectId } from "@s4t/contract";
import type { Part } from "@s4t/kit";

/** Raw values are kept this long: a month can be looked at in full detail. */
export const RAW_KEPT_DAYS = 30;
/** Roll-ups of a minute and an hour are kept this long: five years, so that seasons can be compared. */
export const ROLLUPS_KEPT_DAYS = 1_830;
/** How often days that are over are rolled up and old ones dropped: late values show in the roll-ups soon after. */
export const ROLL_UP_EVERY_MS = 600_000;
/** Values dated further ahead than this are refused: no time zone mistake is larger. */
export const MAX_VALUE_AHEAD_MS = 86_400_000;

/** A day as its number since 1970-01-01 UTC. */
export type Day = number;
export const DAY_MS = 86_400_000;
export const dayOf = (atMs: number): Day => Math.floor(atMs / DAY_MS);
/** `2026-11-24`. */
export const nameOfDay = (day: Day): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** A measured value. `atMs`: ms UTC. */
export interface Point {
  readonly series: string;
  readonly atMs: number;
  readonly value: number;
}

/** So many values were dropped between two moments. */
export interface Dropped {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** What is known of a series. */
export interface SeriesInfo {
  readonly name: string;
  readonly unit: string;
  readonly periodS: number;
  readonly latest: { readonly atMs: number; readonly value: number } | null;
}

export interface RangeQuery {
  readonly series: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Most points of the answer; the driver picks raw values, minutes or hours so that it fits. */
  readonly points: number;
}

/** Columns of a range; `stepMs` 0 means raw values. Missing steps are left out. */
export interface RangeColumns {
  readonly stepMs: number;
  readonly at: readonly number[];
  readonly mean: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
  /** Values that the board dropped while cut off, within the range. */
  readonly dropped: number;
  /** Days (`2026-11-24`) of which values are missing because what held them is damaged. */
  readonly damaged: readonly string[];
}

/** Whether a value can be stored now: a finite number, dated within what is kept. */
export const isStorable = ({ atMs, value }: Point, nowMs: number): boolean =>
  Number.isFinite(value) &&
  Number.isSafeInteger(atMs) &&
  atMs <= nowMs + MAX_VALUE_AHEAD_MS &&
  dayOf(atMs) >= dayOf(nowMs) - RAW_KEPT_DAYS;

/** Throws `request.invalid` for points of which one cannot be stored. */
export const requireStorable = (points: readonly Point[], nowMs: number): void => {
  for (const point of points)
    if (!isStorable(point, nowMs))
      throw fail("request.invalid", {
        where: point.series,
        because: "needs finite numbers of the days that are kept",
      });
};

/** Steps that people read easily. */
const steps = [
  5_000,
  10_000,
  30_000,
  60_000,
  120_000,
  300_000,
  600_000,
  1_800_000,
  3_600_000,
  7_200_000,
  21_600_000,
  43_200_000,
  DAY_MS,
];

/** Step of the answer to a question; 0 where raw values fit. What is older than raw values are kept has minutes at best. */
export const stepFor = (
  { fromMs, toMs, points }: RangeQuery,
  periodS: number,
  nowMs: number,
): number => {
  const finest = dayOf(fromMs) < dayOf(nowMs) - RAW_KEPT_DAYS ? 60_000 : 0;
  if ((toMs - fromMs) / (periodS * 1_000) <= points) return finest;
  // Steps lie on whole hours and days, so a range touches one more of them than fits in it.
  const atLeastMs = Math.max(finest, (toMs - fromMs) / Math.max(1, points - 1));
  return steps.find((step) => step >= atLeastMs) ?? Math.ceil(atLeastMs / DAY_MS) * DAY_MS;
};

/** One step of one day, or a raw value (`count` 1). */
export interface StepRow {
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

const joined = (a: StepRow, b: StepRow): StepRow => ({
  at: a.at,
  count: a.count + b.count,
  sum: a.sum + b.sum,
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
});

/** Rows in order → columns of at most `points`. Parts of one step are joined; where a board measured more often than it said, neighbours are. */
export const columnsOf = (
  rows: readonly StepRow[],
  points: number,
): Pick<RangeColumns, "at" | "mean" | "min" | "max"> => {
  const whole: StepRow[] = [];
  for (const row of rows) {
    const last = whole.at(-1);
    if (last && last.at === row.at) whole[whole.length - 1] = joined(last, row);
    else whole.push(row);
  }
  const by = Math.max(1, Math.ceil(whole.length / points));
  const kept = Array.from({ length: Math.ceil(whole.length / by) }, (_, i) =>
    whole.slice(i * by, (i + 1) * by).reduce(joined),
  );
  return {
    at: kept.map(({ at }) => at),
    mean: kept.map(({ sum, count }) => sum / count),
    min: kept.map(({ min }) => min),
    max: kept.map(({ max }) => max),
  };
};

/** Values with what is known of their series, and the names of series that nothing is known of. */
export const matched = <Known>(
  points: readonly Point[],
  series: { get(name: string): Known | undefined },
): {
  readonly found: readonly {
    readonly known: Known;
    readonly atMs: number;
    readonly value: number;
  }[];
  readonly undescribed: ReadonlySet<string>;
} => {
  const found: { known: Known; atMs: number; value: number }[] = [];
  const undescribed = new Set<string>();
  for (const { series: name, atMs, value } of points) {
    const known = series.get(name);
    if (known === undefined) undescribed.add(name);
    else found.push({ known, atMs, value });
  }
  return { found, undescribed };
};

/**
 * Observations are fenced by the sessions of boards: once {@link ObservationsDriver.open} has resolved, nothing that was given with a
 * smaller epoch of that board is stored any more, by this process or another, however long ago it was begun. It is refused as a whole
 * with `link.superseded`. What is given without an epoch is nobody's, and passes.
 */
export interface ObservationsDriver extends Part {
  /** A board's session has begun. Throws `link.superseded` where a later one has already. */
  open(board: BoardId, epoch: number): Promise<void>;
  /** Names, units and periods, before or with the first value. Idempotent. Throws `request.invalid` above the limit a board. */
  describe(
    project: ProjectId,
    board: BoardId,
    series: Readonly<Record<string, { readonly unit: string; readonly periodS: number }>>,
    epoch?: number,
  ): Promise<void>;
  /**
   * Stores values; resolves when they are durable. The same (series, atMs) again replaces. Values of series that were never
   * described are left out, and their names answered; of the others all are stored or none. Throws `request.invalid`, with
   * nothing stored, for what is not {@link isStorable}.
   */
  append(
    project: ProjectId,
    board: BoardId,
    points: readonly Point[],
    epoch?: number,
  ): Promise<{ readonly undescribed: ReadonlySet<string> }>;
  /** Notes that a board dropped values. */
  appendDropped(
    project: ProjectId,
    board: BoardId,
    dropped: Dropped,
    epoch?: number,
  ): Promise<void>;
  series(project: ProjectId, board: BoardId): Promise<readonly SeriesInfo[]>;
  /** Throws `series.not-found`. */
  range(project: ProjectId, board: BoardId, query: RangeQuery): Promise<RangeColumns>;
  /** Rolls up days that are over and drops what is older than its retention; called by the clock. */
  prune(nowMs: number): Promise<void>;
  backup(folder: string): Promise<void>;
  restore(folder: string): Promise<void>;
}
