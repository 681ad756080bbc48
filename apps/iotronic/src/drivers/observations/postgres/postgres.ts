// Measured values in PostgreSQL. Appends that wait share one transaction and one statement; they are acknowledged after it is
// durable. Raw values of a day are a partition, so that retention drops a table and deletes no row.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BoardId, fail, MAX_SERIES_PER_BOARD, type ProjectId } from "@s4t/contract";
import type { PoolClient } from "pg";
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
import { type BoardSeries, SeriesMemory } from "../../../technology/observations/series-memory.ts";
import {
  type Connections,
  openConnections,
  STATEMENT_TIMEOUT_MS,
} from "../../../technology/postgres/connections.ts";
import type { PostgresObservationsOptions } from "./config.ts";
import { copyObservations, takeOverObservations } from "./copy.ts";
import { readRange } from "./range.ts";
import { createOpening, holdSessions, requirePresent } from "./sessions.ts";
import {
  createDay,
  createMonth,
  dayOfPartition,
  listPartitions,
  rollUpDay,
  schema,
} from "./tables.ts";

/** Points of one statement; more of them wait for the next. */
export const POINTS_A_STATEMENT = 20_000;
/** Lock that one cloud holds while it makes or drops tables, against another one. */
const tablesLock = 7_355_609;

interface Appending {
  readonly board: BoardId;
  readonly epoch: number | undefined;
  readonly points: readonly (readonly [id: number, atMs: number, value: number])[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const insertPoints =
  "insert into observations.points (series, at, value) select * from unnest($1::int[], $2::bigint[], $3::float8[]) on conflict (series, at) do update set value = excluded.value";

class PostgresObservations implements ObservationsDriver {
  readonly name = "observations";
  readonly #options: PostgresObservationsOptions;
  readonly #boards = new SeriesMemory();
  /** Days that are known to have a partition. */
  readonly #days = new Set<Day>();
  #connections: Connections | undefined;
  readonly #opening = createOpening(() => this.#opened());
  #waiting: Appending[] = [];
  #writing: Promise<void> | undefined;
  #pruning: Promise<void> = Promise.resolve();
  #timer: { cancel(): void } | undefined;

  constructor(options: PostgresObservationsOptions) {
    this.#options = options;
  }

  #opened(): Connections {
    if (!this.#connections)
      throw fail("cloud.unavailable", { because: "its observations are closed" });
    return this.#connections;
  }

  async start(): Promise<void> {
    const { url, connections, importFolder, clock, log } = this.#options;
    this.#connections = openConnections({ url, connections, what: "its store of values" });
    await this.#alone(async (client) => void (await client.query(schema)));
    if (existsSync(join(importFolder, "series.jsonl"))) {
      await this.restore(importFolder);
      rmSync(importFolder, { recursive: true });
    } else if (existsSync(join(importFolder, "series.sqlite")))
      log.warn("Observations of SQLite in the data folder are not taken over", { importFolder });
    const again = (): void => {
      this.#timer = clock.after(ROLL_UP_EVERY_MS, () => {
        this.prune(clock.now())
          .catch((error: unknown) => log.warn("Observations could not be rolled up", { error }))
          .finally(() => this.#connections && again());
      });
    };
    again();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#writing;
    await this.#pruning;
    await this.#connections?.end();
    this.#connections = undefined;
    this.#boards.clear();
    this.#days.clear();
  }

  /** Work on the tables themselves: one cloud at a time. */
  #alone<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.#opened().within("all", async (client) => {
      await client.query("select pg_advisory_xact_lock($1)", [tablesLock]);
      return work(client);
    });
  }

  async #series(project: ProjectId, board: BoardId): Promise<BoardSeries> {
    const cached = this.#boards.of(project, board);
    if (cached) return cached;
    const rows = await this.#opened().within([project], (client) =>
      client.query(
        "select id, name, unit, period from observations.series where project = $1 and board = $2",
        [project, board],
      ),
    );
    return this.#boards.keep(
      project,
      board,
      (rows.rows as { id: number; name: string; unit: string; period: number }[]).map(
        ({ id, name, unit, period }) => ({ id, name, unit, periodS: period }),
      ),
    );
  }

  open(board: BoardId, epoch: number): Promise<void> {
    return this.#opening.open(board, epoch);
  }

  async describe(
    project: ProjectId,
    board: BoardId,
    series: Readonly<Record<string, { readonly unit: string; readonly periodS: number }>>,
    epoch?: number,
  ): Promise<void> {
    const known = await this.#series(project, board);
    const news = known.changed(series);
    if (news.length === 0) return;
    if (new Set([...known.names(), ...Object.keys(series)]).size > MAX_SERIES_PER_BOARD)
      throw fail("request.invalid", {
        where: "series",
        because: `more than ${MAX_SERIES_PER_BOARD} series on one board`,
      });
    await this.#opened().within([project], async (client) => {
      await requirePresent(client, board, epoch);
      await client.query(
        "insert into observations.series (project, board, name, unit, period) select $1, $2, * from unnest($3::text[], $4::text[], $5::float8[]) on conflict (project, board, name) do update set unit = excluded.unit, period = excluded.period",
        [
          project,
          board,
          news.map(([name]) => name),
          news.map(([, { unit }]) => unit),
          news.map(([, { periodS }]) => periodS),
        ],
      );
    });
    this.#boards.forget(board);
  }

  async append(project: ProjectId, board: BoardId, points: readonly Point[], epoch?: number) {
    requireStorable(points, this.#options.clock.now());
    const { found, undescribed } = matched(points, await this.#series(project, board));
    if (found.length === 0) return { undescribed };
    const rows = found.map(({ known, atMs, value }) => [known, atMs, value] as const);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ board, epoch, points: rows, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
    return { undescribed };
  }

  async #writeAll(): Promise<void> {
    // What comes within this turn goes with the first.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      let count = 0;
      const end = this.#waiting.findIndex(({ points }, i) => {
        count += points.length;
        return i > 0 && count > POINTS_A_STATEMENT;
      });
      const group = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
      try {
        const over = await this.#write(group);
        for (const each of group)
          if (over.has(each)) each.reject(fail("link.superseded"));
          else each.resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = undefined;
  }

  /** Answers whose session is over: nothing of theirs is stored. */
  async #write(group: readonly Appending[]): Promise<ReadonlySet<Appending>> {
    const days = new Set(group.flatMap(({ points }) => points.map(([, atMs]) => dayOf(atMs))));
    const missing = [...days].filter((day) => !this.#days.has(day));
    if (missing.length > 0) {
      await this.#alone(
        async (client) => void (await client.query(missing.map(createDay).join(""))),
      );
      for (const day of missing) this.#days.add(day);
    }
    const today = dayOf(this.#options.clock.now());
    const late = [...days].filter((day) => day < today);
    return this.#opened().within("all", async (client) => {
      // Before anything else is held: a roll-up that is under way is waited for, or waits for these values. With the rows of sessions
      // in hand, that wait would be one of every board that joins.
      if (late.length > 0)
        await client.query(
          "insert into observations.days select unnest($1::int[]), false on conflict (day) do update set rolled = false",
          [late.sort((a, b) => a - b)],
        );
      const over = await holdSessions(client, group);
      // One statement may touch a row once: of two values for a moment the later one counts.
      const latest = new Map<string, readonly [number, number, number]>();
      for (const each of group)
        if (!over.has(each))
          for (const point of each.points) latest.set(`${point[0]} ${point[1]}`, point);
      const points = [...latest.values()];
      await client.query(insertPoints, [
        points.map(([id]) => id),
        points.map(([, atMs]) => atMs),
        points.map(([, , value]) => value),
      ]);
      return over;
    });
  }

  async appendDropped(
    project: ProjectId,
    board: BoardId,
    { fromMs, toMs, count }: Dropped,
    epoch?: number,
  ): Promise<void> {
    await this.#opened().within([project], async (client) => {
      await requirePresent(client, board, epoch);
      await client.query(
        "insert into observations.dropped values ($1, $2, $3, $4, $5) on conflict (project, board, from_ms, to_ms) do update set count = excluded.count",
        [project, board, fromMs, toMs, count],
      );
    });
  }

  async series(project: ProjectId, board: BoardId): Promise<readonly SeriesInfo[]> {
    const { rows } = await this.#opened().within([project], (client) =>
      client.query(
        `select s.name, s.unit, s.period, p.at, p.value from observations.series s
         left join lateral (select at, value from observations.points where series = s.id order by at desc limit 1) p on true
         where s.project = $1 and s.board = $2 order by s.name collate "C"`,
        [project, board],
      ),
    );
    return (
      rows as { name: string; unit: string; period: number; at: number | null; value: number }[]
    ).map(({ name, unit, period, at, value }) => ({
      name,
      unit,
      periodS: period,
      latest: at === null ? null : { atMs: at, value },
    }));
  }

  async range(project: ProjectId, board: BoardId, query: RangeQuery): Promise<RangeColumns> {
    const known = (await this.#series(project, board)).find(query.series);
    if (!known) throw fail("series.not-found");
    const { fromMs, toMs, points } = query;
    const stepMs = stepFor(query, known.periodS, this.#options.clock.now());
    return this.#opened().within(
      [project],
      async (client) => {
        const rows = await readRange(client, { id: known.id, fromMs, toMs, stepMs });
        const dropped = await client.query(
          "select coalesce(sum(count), 0)::bigint as dropped from observations.dropped where project = $1 and board = $2 and from_ms < $3 and to_ms > $4",
          [project, board, toMs, fromMs],
        );
        return {
          stepMs,
          ...columnsOf(rows, points),
          dropped: (dropped.rows[0] as { dropped: number }).dropped,
          damaged: [],
        };
      },
      "begin isolation level repeatable read read only",
    );
  }

  /** One at a time: a second call waits for the first. */
  prune(nowMs: number): Promise<void> {
    const run = this.#pruning.then(() => this.#prune(nowMs));
    this.#pruning = run.catch(() => {});
    return run;
  }

  async #prune(nowMs: number): Promise<void> {
    const today = dayOf(nowMs);
    // Values of a day's last moment may still be on their way into it.
    const over = dayOf(nowMs - STATEMENT_TIMEOUT_MS);
    const found = await this.#opened().within("all", (client) => client.query(listPartitions));
    const names = (found.rows as { name: string }[]).map(({ name }) => name);
    for (const name of names) {
      const day = dayOfPartition(name);
      if (day !== undefined && day < over) await this.#rollUp(day);
    }
    const month = nameOfDay(today - ROLLUPS_KEPT_DAYS)
      .slice(0, 7)
      .replace("-", "_");
    const old = names.filter((name) => {
      const day = dayOfPartition(name);
      return day === undefined ? name.slice(-7) < month : day < today - RAW_KEPT_DAYS;
    });
    for (const name of old) {
      await this.#alone((client) => client.query(`drop table observations.${name}`));
      this.#days.delete(dayOfPartition(name) ?? -1);
    }
  }

  #rollUp(day: Day): Promise<void> {
    return this.#alone(async (client) => {
      // Marked first: whoever brings late values meanwhile waits for this row, then takes the mark away.
      const { rowCount } = await client.query(
        "insert into observations.days values ($1, true) on conflict (day) do update set rolled = true where not days.rolled",
        [day],
      );
      if (rowCount === 0) return;
      await client.query(`set local statement_timeout = 0;${createMonth(day)}${rollUpDay(day)}`);
    });
  }

  /** One file of JSON lines a table, all of one moment. */
  backup(folder: string): Promise<void> {
    return this.#opened().within(
      "all",
      (client) => copyObservations(client, folder),
      "begin isolation level repeatable read read only",
    );
  }

  async restore(folder: string): Promise<void> {
    await this.#alone((client) => takeOverObservations(client, folder));
    this.#boards.clear();
  }
}

/** An {@link ObservationsDriver} in PostgreSQL. */
export const createPostgresObservations = (
  options: PostgresObservationsOptions,
): ObservationsDriver => new PostgresObservations(options);
