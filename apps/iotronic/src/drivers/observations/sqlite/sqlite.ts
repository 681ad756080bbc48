// Measured values in SQLite files. Appends of a turn share one transaction a file (group commit) and are acknowledged after it
// is flushed. Raw values are rolled up once their day is over, and again when late values arrive for it; a range of days that
// are not rolled up yet is grouped from raw values, which is quick for the one day that today is.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { backup } from "node:sqlite";
import { type BoardId, fail, MAX_SERIES_PER_BOARD, type ProjectId } from "@s4t/contract";
import type {
  ObservationsDriver,
  Point,
  RangeColumns,
  RangeQuery,
  SeriesInfo,
} from "../../../ports/observations.ts";
import type { SqliteObservationsOptions } from "./config.ts";
import { DAY_MS, type Day, dayOf, ObservationFiles } from "./files.ts";

/** Raw values are kept this long. */
export const RAW_KEPT_DAYS = 30;
/** Roll-ups of a minute and an hour are kept this long. */
export const ROLLUPS_KEPT_DAYS = 1_830;
/** How often days that are over are rolled up and old files dropped. */
export const ROLL_UP_EVERY_MS = 600_000;
/** Boards whose series are kept in memory. */
export const MAX_CACHED_SERIES = 100_000;

interface Known {
  readonly id: number;
  readonly name: string;
  readonly unit: string;
  readonly periodS: number;
  latest: { atMs: number; value: number } | null;
}

interface Appending {
  readonly points: readonly {
    readonly known: Known;
    readonly atMs: number;
    readonly value: number;
  }[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const insertPoint =
  "INSERT INTO points (series, at, value) VALUES (?, ?, ?) ON CONFLICT (series, at) DO UPDATE SET value = excluded.value";

const translate = (error: unknown): unknown => {
  const code = (error as { errcode?: number }).errcode;
  if (code === undefined) return error;
  return (code & 0xff) === 13
    ? fail("cloud.storage-full", undefined, error)
    : fail("cloud.unavailable", { because: "its disk does not answer" }, error);
};

class SqliteObservations implements ObservationsDriver {
  readonly name = "observations";
  readonly #options: SqliteObservationsOptions;
  readonly #boards = new Map<string, Map<string, Known>>();
  #files: ObservationFiles | undefined;
  #waiting: Appending[] = [];
  #scheduled = false;
  #timer: { cancel(): void } | undefined;

  constructor(options: SqliteObservationsOptions) {
    this.#options = options;
  }

  #opened(): ObservationFiles {
    if (!this.#files) throw fail("cloud.unavailable", { because: "its observations are closed" });
    return this.#files;
  }

  start(): void {
    this.#files = new ObservationFiles(this.#options.folder);
    const again = (): void => {
      this.#timer = this.#options.clock.after(ROLL_UP_EVERY_MS, () => {
        this.prune(this.#options.clock.now())
          .catch((error: unknown) =>
            this.#options.log.warn("Observations could not be rolled up", { error }),
          )
          .finally(again);
      });
    };
    again();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    while (this.#scheduled) await new Promise((resolve) => setImmediate(resolve));
    this.#files?.close();
    this.#files = undefined;
    this.#boards.clear();
  }

  /** Series of a board, read once. */
  #series(project: ProjectId, board: BoardId): Map<string, Known> {
    const key = `${project} ${board}`;
    const cached = this.#boards.get(key);
    if (cached) return cached;
    if (this.#boards.size * 20 > MAX_CACHED_SERIES) this.#boards.clear();
    const rows = this.#opened()
      .dictionary()
      .statement("SELECT id, name, unit, period FROM series WHERE project = ? AND board = ?")
      .all(project, board);
    const known = new Map(
      rows.map((row) => [
        String(row.name),
        {
          id: Number(row.id),
          name: String(row.name),
          unit: String(row.unit),
          periodS: Number(row.period),
          latest: null as Known["latest"],
        },
      ]),
    );
    for (const each of known.values()) each.latest = this.#findLatest(each.id);
    this.#boards.set(key, known);
    return known;
  }

  #findLatest(id: number): Known["latest"] {
    const today = dayOf(this.#options.clock.now());
    for (let day = today; day > today - 2; day -= 1) {
      if (!this.#opened().hasRaw(day)) continue;
      const row = this.#opened()
        .raw(day)
        .statement("SELECT at, value FROM points WHERE series = ? ORDER BY at DESC LIMIT 1")
        .get(id);
      if (row) return { atMs: Number(row.at), value: Number(row.value) };
    }
    return null;
  }

  async describe(
    project: ProjectId,
    board: BoardId,
    series: Readonly<Record<string, { readonly unit: string; readonly periodS: number }>>,
  ): Promise<void> {
    const known = this.#series(project, board);
    const news = Object.entries(series).filter(
      ([name, { unit, periodS }]) =>
        known.get(name)?.unit !== unit || known.get(name)?.periodS !== periodS,
    );
    if (news.length === 0) return;
    const total = new Set([...known.keys(), ...Object.keys(series)]).size;
    if (total > MAX_SERIES_PER_BOARD)
      throw fail("request.invalid", {
        where: "series",
        because: `more than ${MAX_SERIES_PER_BOARD} series on one board`,
      });
    const { database, statement } = this.#opened().dictionary();
    try {
      database.exec("BEGIN IMMEDIATE");
      for (const [name, { unit, periodS }] of news)
        statement(
          "INSERT INTO series (project, board, name, unit, period) VALUES (?, ?, ?, ?, ?) ON CONFLICT (project, board, name) DO UPDATE SET unit = excluded.unit, period = excluded.period",
        ).run(project, board, name, unit, periodS);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw translate(error);
    }
    this.#boards.delete(`${project} ${board}`);
  }

  append(project: ProjectId, board: BoardId, points: readonly Point[]): Promise<void> {
    const known = this.#series(project, board);
    const found = points.map(({ series, atMs, value }) => {
      const of = known.get(series);
      if (!of) throw fail("series.not-found");
      return { known: of, atMs, value };
    });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ points: found, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#commit());
    });
  }

  /** Writes everything that waits: one transaction a day, today's first of all days. */
  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#scheduled = false;
    const byDay = new Map<Day, Appending["points"][number][]>();
    for (const { points } of group)
      for (const point of points) {
        const day = dayOf(point.atMs);
        const list = byDay.get(day);
        if (list) list.push(point);
        else byDay.set(day, [point]);
      }
    try {
      for (const [day, points] of byDay) this.#writeDay(day, points);
    } catch (error) {
      const shown = translate(error);
      for (const { reject } of group) reject(shown);
      return;
    }
    for (const { points, resolve } of group) {
      for (const { known, atMs, value } of points)
        if (!known.latest || atMs >= known.latest.atMs) known.latest = { atMs, value };
      resolve();
    }
  }

  #writeDay(day: Day, points: readonly Appending["points"][number][]): void {
    const { database, statement } = this.#opened().raw(day);
    const insert = statement(insertPoint);
    if (day < dayOf(this.#options.clock.now()))
      this.#opened()
        .dictionary()
        .statement("UPDATE days SET rolled = 0 WHERE day = ? AND rolled = 1")
        .run(day);
    database.exec("BEGIN IMMEDIATE");
    try {
      for (const { known, atMs, value } of points) insert.run(known.id, atMs, value);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }

  async appendDropped(
    project: ProjectId,
    board: BoardId,
    fromMs: number,
    toMs: number,
    count: number,
  ): Promise<void> {
    this.#opened()
      .dictionary()
      .statement(
        "INSERT INTO dropped (project, board, from_ms, to_ms, count) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = excluded.count",
      )
      .run(project, board, fromMs, toMs, count);
  }

  async series(project: ProjectId, board: BoardId): Promise<readonly SeriesInfo[]> {
    return [...this.#series(project, board).values()]
      .map(({ name, unit, periodS, latest }) => ({ name, unit, periodS, latest }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async range(
    project: ProjectId,
    board: BoardId,
    { series, fromMs, toMs, points }: RangeQuery,
  ): Promise<RangeColumns> {
    const known = this.#series(project, board).get(series);
    if (!known) throw fail("series.not-found");
    const columns = {
      at: [] as number[],
      mean: [] as number[],
      min: [] as number[],
      max: [] as number[],
    };
    const expected = (toMs - fromMs) / (known.periodS * 1_000);
    const stepMs = expected <= points ? 0 : stepFor((toMs - fromMs) / points);
    for (let day = dayOf(fromMs); day <= dayOf(toMs - 1); day += 1)
      this.#readDay(known.id, day, fromMs, toMs, stepMs, columns);
    const row = this.#opened()
      .dictionary()
      .statement(
        "SELECT coalesce(sum(count), 0) AS dropped FROM dropped WHERE project = ? AND board = ? AND from_ms < ? AND to_ms > ?",
      )
      .get(project, board, toMs, fromMs);
    const thinned = columns.at.length > points ? thin(columns, points) : columns;
    return { stepMs, ...thinned, dropped: Number(row?.dropped ?? 0) };
  }

  #readDay(
    id: number,
    day: Day,
    fromMs: number,
    toMs: number,
    stepMs: number,
    columns: { at: number[]; mean: number[]; min: number[]; max: number[] },
  ): void {
    const rows = this.#rowsOfDay(
      id,
      day,
      Math.max(fromMs, day * DAY_MS),
      Math.min(toMs, (day + 1) * DAY_MS),
      stepMs,
    );
    for (const row of rows) {
      const at = Number(row.at);
      const last = columns.at.length - 1;
      // A step may reach over midnight: its two halves are one point.
      if (stepMs > 0 && columns.at[last] === at) {
        columns.min[last] = Math.min(columns.min[last] ?? Number(row.min), Number(row.min));
        columns.max[last] = Math.max(columns.max[last] ?? Number(row.max), Number(row.max));
        columns.mean[last] = ((columns.mean[last] ?? 0) + Number(row.mean)) / 2;
        continue;
      }
      columns.at.push(at);
      columns.mean.push(Number(row.mean));
      columns.min.push(Number(row.min));
      columns.max.push(Number(row.max));
    }
  }

  #rowsOfDay(
    id: number,
    day: Day,
    fromMs: number,
    toMs: number,
    stepMs: number,
  ): readonly Record<string, unknown>[] {
    const files = this.#opened();
    const rolled =
      files.dictionary().statement("SELECT rolled FROM days WHERE day = ?").get(day)?.rolled === 1;
    if (stepMs >= 60_000 && rolled) {
      const table = stepMs >= 3_600_000 ? "hours" : "minutes";
      return files
        .rollups(day)
        .statement(
          `SELECT at / ? * ? AS at, sum(sum) / sum(count) AS mean, min(min) AS min, max(max) AS max FROM ${table} WHERE series = ? AND at >= ? AND at < ? GROUP BY 1 ORDER BY 1`,
        )
        .all(stepMs, stepMs, id, fromMs, toMs);
    }
    if (!files.hasRaw(day)) return [];
    if (stepMs === 0)
      return files
        .raw(day)
        .statement(
          "SELECT at, value AS mean, value AS min, value AS max FROM points WHERE series = ? AND at >= ? AND at < ? ORDER BY at",
        )
        .all(id, fromMs, toMs);
    return files
      .raw(day)
      .statement(
        "SELECT at / ? * ? AS at, avg(value) AS mean, min(value) AS min, max(value) AS max FROM points WHERE series = ? AND at >= ? AND at < ? GROUP BY 1 ORDER BY 1",
      )
      .all(stepMs, stepMs, id, fromMs, toMs);
  }

  async prune(nowMs: number): Promise<void> {
    const files = this.#opened();
    const today = dayOf(nowMs);
    const oldest = today - RAW_KEPT_DAYS;
    for (let day = oldest; day < today; day += 1) {
      if (!files.hasRaw(day)) continue;
      const known = files.dictionary().statement("SELECT rolled FROM days WHERE day = ?").get(day);
      if (known?.rolled !== 1) this.#rollUp(day);
      // One day a turn: a month of late data must not hold the loop.
      await new Promise((resolve) => setImmediate(resolve));
    }
    files.removeBefore(
      oldest,
      new Date((today - ROLLUPS_KEPT_DAYS) * DAY_MS).toISOString().slice(0, 7),
    );
  }

  #rollUp(day: Day): void {
    const files = this.#opened();
    const raw = files.raw(day);
    const { database, statement } = files.rollups(day);
    database.exec("BEGIN IMMEDIATE");
    try {
      for (const [table, stepMs] of [
        ["minutes", 60_000],
        ["hours", 3_600_000],
      ] as const) {
        const insert = statement(
          `INSERT OR REPLACE INTO ${table} (series, at, count, sum, min, max) VALUES (?, ?, ?, ?, ?, ?)`,
        );
        const rows = raw
          .statement(
            "SELECT series, at / ? * ? AS at, count(*) AS count, sum(value) AS sum, min(value) AS min, max(value) AS max FROM points GROUP BY 1, 2",
          )
          .iterate(stepMs, stepMs);
        for (const row of rows)
          insert.run(
            Number(row.series),
            Number(row.at),
            Number(row.count),
            Number(row.sum),
            Number(row.min),
            Number(row.max),
          );
      }
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw translate(error);
    }
    files
      .dictionary()
      .statement(
        "INSERT INTO days (day, rolled) VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET rolled = 1",
      )
      .run(day);
  }

  async backup(folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { DatabaseSync } = await import("node:sqlite");
    for (const name of this.#opened().names()) {
      const source = new DatabaseSync(join(this.#options.folder, name), { readOnly: true });
      try {
        // Held open, so that the writes of others do not start the copy over.
        source.exec("BEGIN");
        source.prepare("SELECT count(*) FROM sqlite_schema").get();
        await backup(source, join(folder, name));
      } finally {
        source.close();
      }
    }
  }

  async restore(folder: string): Promise<void> {
    const { readdirSync } = await import("node:fs");
    await this.stop();
    rmSync(this.#options.folder, { recursive: true, force: true });
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder))
      copyFileSync(join(folder, name), join(this.#options.folder, name));
    this.start();
  }
}

/** Steps that people read easily. */
const steps = [
  5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000, 7_200_000,
  21_600_000, 43_200_000, 86_400_000,
];
const stepFor = (atLeastMs: number): number =>
  steps.find((step) => step >= atLeastMs) ?? Math.ceil(atLeastMs / 86_400_000) * 86_400_000;

/** Fewer points where a board measured more often than it said: neighbours merged. */
const thin = (
  columns: { at: number[]; mean: number[]; min: number[]; max: number[] },
  points: number,
) => {
  const by = Math.ceil(columns.at.length / points);
  const every = (pick: (from: number) => number) =>
    Array.from({ length: Math.ceil(columns.at.length / by) }, (_, i) => pick(i * by));
  const part = (list: number[], from: number) => list.slice(from, from + by);
  return {
    at: every((from) => columns.at[from] ?? 0),
    mean: every(
      (from) =>
        part(columns.mean, from).reduce((sum, value) => sum + value, 0) /
        part(columns.mean, from).length,
    ),
    min: every((from) => Math.min(...part(columns.min, from))),
    max: every((from) => Math.max(...part(columns.max, from))),
  };
};

/** An {@link ObservationsDriver} in SQLite files. */
export const createSqliteObservations = (options: SqliteObservationsOptions): ObservationsDriver =>
  new SqliteObservations(options);
