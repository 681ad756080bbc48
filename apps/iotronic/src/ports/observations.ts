// Where measured values live: a series dictionary with integer keys, day partitions, roll-ups of a minute and an hour,
// retention by dropping partitions. Apart from the database, because its load and its promises are others.
import type { BoardId, ProjectId } from "@s4t/contract";
import type { Part } from "@s4t/kit";

/** A measured value. `atMs`: ms UTC. */
export interface Point {
  readonly series: string;
  readonly atMs: number;
  readonly value: number;
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
}

export interface ObservationsDriver extends Part {
  /** Names, units and periods, before or with the first value. Idempotent. Throws `request.invalid` above the limit a board. */
  describe(
    project: ProjectId,
    board: BoardId,
    series: Readonly<Record<string, { readonly unit: string; readonly periodS: number }>>,
  ): Promise<void>;
  /** Stores values; resolves when they are durable. The same (series, atMs) again replaces. */
  append(project: ProjectId, board: BoardId, points: readonly Point[]): Promise<void>;
  /** Notes that a board dropped `count` values between two moments. */
  appendDropped(
    project: ProjectId,
    board: BoardId,
    fromMs: number,
    toMs: number,
    count: number,
  ): Promise<void>;
  series(project: ProjectId, board: BoardId): Promise<readonly SeriesInfo[]>;
  /** Throws `series.not-found`. */
  range(project: ProjectId, board: BoardId, query: RangeQuery): Promise<RangeColumns>;
  /** Drops what is older than its retention; called by the clock. */
  prune(nowMs: number): Promise<void>;
  backup(folder: string): Promise<void>;
  restore(folder: string): Promise<void>;
}
