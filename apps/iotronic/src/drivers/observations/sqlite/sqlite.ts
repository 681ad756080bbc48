// Measured values in SQLite files. Appends of a turn share one transaction a file (group commit) and are acknowledged after it
// is flushed. Raw values are rolled up once their day is over, and again when late values arrive for it; a range of days that
// are not rolled up yet is grouped from raw values, which is quick for the one day that today is.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { backup } from "node:sqlite";
import { type BoardId, fail, MAX_SERIES_PER_BOARD, type ProjectId } from "@s4t/contract";
import {
  columnsOf,
  type Day,
  type Dropped,
  dayOf,
  matched,
  nameOfDay,
  type ObservationsDriver,
  type Point,
  RAW_KEPT_DAYS,
  type RangeColumns,
  type RangeQuery,
  ROLL_UP_EVERY_MS,
  ROLLUPS_KEPT_DAYS,
  requireStorable,
  type SeriesInfo,
  stepFor,
} from "../../../ports/observations.ts";
import {
  type BoardSeries,
  type KnownSeries,
  SeriesMemory,
} from "../../../technology/observations/series-memory.ts";
import { isDamage, translate } from "../../../technology/sqlite/translate.ts";
import type { SqliteObservationsOptions } from "./config.ts";
import { ObservationFiles } from "./files.ts";
import { readRange } from "./range.ts";
import { rollUp } from "./roll-up.ts";
import { createSessionFence } from "./session-fence.ts";
import { writeDay } from "./write-day.ts";

/** Points of one commit; more of them wait for the next turn. Some 40 ms of the loop. */
export const POINTS_A_COMMIT = 10_000;
/** Series whose last value is kept in memory, once somebody has asked for it. */
export const MAX_LATEST_VALUES = 100_000;

interface Appending {
  readonly board: BoardId;
  readonly epoch: number | undefined;
  readonly points: readonly {
    readonly known: number;
    readonly atMs: number;
    readonly value: number;
  }[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class SqliteObservations implements ObservationsDriver {
  readonly name = "observations";
  readonly #options: SqliteObservationsOptions;
  readonly #boards = new SeriesMemory();
  /** By number of the series. Absent until somebody asks: whoever only writes needs no look into the files. */
  readonly #latest = new Map<number, { atMs: number; value: number } | null>();
  #files: ObservationFiles | undefined;
  #waiting: Appending[] = [];
  #writing: Promise<void> | undefined;
  #pruning: Promise<void> | undefined;
  readonly #sessions = createSessionFence();
  /** Days that got values since their roll-up began. */
  readonly #touched = new Set<Day>();
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
    await this.#writing;
    const closing = this.#files?.close();
    this.#files = undefined;
    await closing;
    this.#boards.clear();
    this.#sessions.forget();
    this.#latest.clear();
  }

  /** Series of a board, read once. */
  #series(project: ProjectId, board: BoardId): BoardSeries {
    const cached = this.#boards.of(project, board);
    if (cached) return cached;
    const rows = this.#opened()
      .dictionary()
      .statement("SELECT id, name, unit, period FROM series WHERE project = ? AND board = ?")
      .all(project, board);
    return this.#boards.keep(
      project,
      board,
      rows.map((row) => ({
        id: Number(row.id),
        name: String(row.name),
        unit: String(row.unit),
        periodS: Number(row.period),
      })),
    );
  }

  /** Looks for the last value of each series that has not been looked up, from today back. */
  #findLatest(series: readonly KnownSeries[]): void {
    const files = this.#opened();
    const missing = new Set(series.map(({ id }) => id).filter((id) => !this.#latest.has(id)));
    if (this.#latest.size + missing.size > MAX_LATEST_VALUES) {
      this.#latest.clear();
      for (const { id } of series) missing.add(id);
    }
    const days = files.rawDaysBefore(Number.POSITIVE_INFINITY).reverse();
    for (const day of days) {
      if (missing.size === 0) return;
      try {
        const find = files
          .raw(day)
          .statement("SELECT at, value FROM points WHERE series = ? ORDER BY at DESC LIMIT 1");
        for (const each of missing) {
          const row = find.get(each);
          if (!row) continue;
          this.#latest.set(each, { atMs: Number(row.at), value: Number(row.value) });
          missing.delete(each);
        }
      } catch (error) {
        if (!isDamage(error)) throw translate(error);
      }
    }
    for (const each of missing) this.#latest.set(each, null);
  }

  async open(board: BoardId, epoch: number): Promise<void> {
    this.#sessions.raise(board, epoch);
  }

  async describe(
    project: ProjectId,
    board: BoardId,
    series: Readonly<Record<string, { readonly unit: string; readonly periodS: number }>>,
    epoch?: number,
  ): Promise<void> {
    this.#sessions.raise(board, epoch);
    const known = this.#series(project, board);
    const news = known.changed(series);
    if (news.length === 0) return;
    const total = new Set([...known.names(), ...Object.keys(series)]).size;
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
    this.#boards.forget(board);
  }

  async append(project: ProjectId, board: BoardId, points: readonly Point[], epoch?: number) {
    requireStorable(points, this.#options.clock.now());
    const { found, undescribed } = matched(points, this.#series(project, board));
    if (found.length === 0) return { undescribed };
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ board, epoch, points: found, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
    return { undescribed };
  }

  /** What one commit takes of those that wait: at least one, whole ones only. */
  #take(): Appending[] {
    let count = 0;
    const first = this.#waiting.findIndex(({ points }, i) => {
      count += points.length;
      return i > 0 && count > POINTS_A_COMMIT;
    });
    return this.#waiting.splice(0, first === -1 ? this.#waiting.length : first);
  }

  /** Writes as long as somebody waits; what comes while the disk is waited for goes into the next commit. */
  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // After the turn that asked: everybody who appends in it belongs to the same commit.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commit(this.#take());
    }
    this.#writing = undefined;
  }

  /** Those whose session is not over, in the very turn that writes: the rest is refused. */
  #present(group: readonly Appending[]): Appending[] {
    return group.filter(({ board, epoch, reject }) => {
      try {
        this.#sessions.raise(board, epoch);
        return true;
      } catch (error) {
        reject(error);
        return false;
      }
    });
  }

  /** Writes a group: one transaction a day, durable before anybody hears of it. */
  async #commit(taken: readonly Appending[]): Promise<void> {
    const group = this.#present(taken);
    const byDay = new Map<Day, Appending["points"][number][]>();
    for (const { points } of group)
      for (const point of points) {
        const day = dayOf(point.atMs);
        const list = byDay.get(day);
        if (list) list.push(point);
        else byDay.set(day, [point]);
      }
    try {
      const files = [...byDay].map(([day, points]) => {
        this.#touched.add(day);
        return writeDay(this.#opened(), day, points, this.#options);
      });
      await Promise.all(files.map((file) => file.flush()));
      await Promise.all(files.map((file) => file.committed()));
    } catch (error) {
      const shown = translate(error, "observations");
      for (const { reject } of group) reject(shown);
      return;
    }
    for (const { points, resolve } of group) {
      for (const { known, atMs, value } of points) {
        const latest = this.#latest.get(known);
        if (latest !== undefined && (!latest || atMs >= latest.atMs))
          this.#latest.set(known, { atMs, value });
      }
      resolve();
    }
  }

  async appendDropped(
    project: ProjectId,
    board: BoardId,
    { fromMs, toMs, count }: Dropped,
    epoch?: number,
  ): Promise<void> {
    this.#sessions.raise(board, epoch);
    this.#opened()
      .dictionary()
      .statement(
        "INSERT INTO dropped (project, board, from_ms, to_ms, count) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = excluded.count",
      )
      .run(project, board, fromMs, toMs, count);
  }

  async series(project: ProjectId, board: BoardId): Promise<readonly SeriesInfo[]> {
    const known = this.#series(project, board).list();
    this.#findLatest(known);
    return known
      .map(({ id, ...each }) => ({ ...each, latest: this.#latest.get(id) ?? null }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async range(project: ProjectId, board: BoardId, query: RangeQuery): Promise<RangeColumns> {
    const known = this.#series(project, board).find(query.series);
    if (!known) throw fail("series.not-found");
    const { fromMs, toMs, points } = query;
    const stepMs = stepFor(query, known.periodS, this.#options.clock.now());
    try {
      const { rows, damaged } = readRange(this.#opened(), { id: known.id, fromMs, toMs, stepMs });
      const row = this.#opened()
        .dictionary()
        .statement(
          "SELECT coalesce(sum(count), 0) AS dropped FROM dropped WHERE project = ? AND board = ? AND from_ms < ? AND to_ms > ?",
        )
        .get(project, board, toMs, fromMs);
      return { stepMs, ...columnsOf(rows, points), dropped: Number(row?.dropped ?? 0), damaged };
    } catch (error) {
      throw translate(error);
    }
  }

  /** One at a time: a second call waits for the first. */
  prune(nowMs: number): Promise<void> {
    const run = (this.#pruning ?? Promise.resolve()).then(() => this.#prune(nowMs));
    this.#pruning = run.catch(() => {});
    return run;
  }

  async #prune(nowMs: number): Promise<void> {
    const today = dayOf(nowMs);
    // Also days that nobody rolled up while the cloud was away: their raw values are dropped only after that.
    for (const day of this.#opened().rawDaysBefore(today)) {
      const rolled = this.#opened()
        .dictionary()
        .statement("SELECT rolled FROM days WHERE day = ?")
        .get(day)?.rolled;
      if (rolled !== 1) await this.#rollUp(day);
    }
    this.#opened().removeBefore(
      today - RAW_KEPT_DAYS,
      nameOfDay(today - ROLLUPS_KEPT_DAYS).slice(0, 7),
    );
  }

  async #rollUp(day: Day): Promise<void> {
    this.#touched.delete(day);
    try {
      await rollUp(() => this.#opened(), day);
    } catch (error) {
      if (!isDamage(error)) throw translate(error);
      this.#options.log.error("Values of a day are damaged: they are not rolled up", {
        day: nameOfDay(day),
        error,
      });
      return;
    }
    // Late values that came meanwhile: the next round rolls the day up once more.
    if (this.#touched.has(day)) return;
    this.#opened()
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
      } catch (error) {
        if (!isDamage(error)) throw translate(error);
        // A damaged file is copied as it is: it must not stand between all others and their backup.
        copyFileSync(join(this.#options.folder, name), join(folder, name));
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

/** An {@link ObservationsDriver} in SQLite files. */
export const createSqliteObservations = (options: SqliteObservationsOptions): ObservationsDriver =>
  new SqliteObservations(options);
