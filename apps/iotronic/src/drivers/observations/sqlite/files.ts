// The files: a dictionary, a file of raw values a day, a file of roll-ups a month. Open ones are kept, the least used closed.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Day, dayOf, nameOfDay } from "../../../ports/observations.ts";
import { createCheckpointer } from "../../../technology/sqlite/checkpoint.ts";
import { openFlusher } from "../../../technology/sqlite/flush.ts";

/** Files open at once: today, yesterday (late values), and a month that somebody looks at. */
export const MAX_OPEN_OBSERVATION_FILES = 40;

/** Ending of a raw file that was found damaged and set aside, so that values of its day have a new one. */
const damagedSuffix = ".damaged";

/** A file with its statements prepared once. */
export interface OpenFile {
  readonly database: DatabaseSync;
  statement(sql: string): StatementSync;
  /** Resolves when every commit before it is on the disk. */
  flush(): Promise<void>;
  /** Says that a commit was made; resolves when the next may begin. */
  committed(): Promise<void>;
  /** Resolves when nothing of it is at work any more. */
  close(): Promise<void>;
}

const pragmas =
  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000; PRAGMA busy_timeout = 2000;";
const noWait = async (): Promise<void> => {};

/** Commits of values are many: the loop does not wait for the disk with them, neither at a commit nor at a checkpoint. */
const offTheLoop = (database: DatabaseSync, path: string) => {
  database.exec(
    "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE; COMMIT",
  );
  const flusher = openFlusher(`${path}-wal`);
  const checkpointer = createCheckpointer(path, true);
  return {
    flush: () => flusher.flush(),
    committed: () => checkpointer.committed(1),
    async close() {
      flusher.close();
      await checkpointer.close();
    },
  };
};

const open = (path: string, schema: string, writes: "many" | "few"): OpenFile => {
  const database = new DatabaseSync(path);
  try {
    database.exec(pragmas);
    database.exec(schema);
  } catch (error) {
    database.close();
    throw error;
  }
  const prepared = new Map<string, StatementSync>();
  const durable =
    writes === "many"
      ? offTheLoop(database, path)
      : { flush: noWait, committed: noWait, close: noWait };
  return {
    database,
    statement(sql) {
      let found = prepared.get(sql);
      if (!found) {
        found = database.prepare(sql);
        prepared.set(sql, found);
      }
      return found;
    },
    flush: durable.flush,
    committed: durable.committed,
    close() {
      database.close();
      return durable.close();
    },
  };
};

const rawSchema =
  "CREATE TABLE IF NOT EXISTS points (series INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (series, at)) WITHOUT ROWID";
const rollupTable = (name: string) =>
  `CREATE TABLE IF NOT EXISTS ${name} (series INTEGER NOT NULL, at INTEGER NOT NULL, count INTEGER NOT NULL, sum REAL NOT NULL, min REAL NOT NULL, max REAL NOT NULL, PRIMARY KEY (series, at)) WITHOUT ROWID;`;
const rollupSchema = rollupTable("minutes") + rollupTable("hours");
const dictionarySchema = `
CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, project TEXT NOT NULL, board TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, period REAL NOT NULL, UNIQUE (project, board, name));
CREATE TABLE IF NOT EXISTS dropped (project TEXT NOT NULL, board TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (project, board, from_ms, to_ms)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (day INTEGER PRIMARY KEY, rolled INTEGER NOT NULL);`;

/** All files of a folder. */
export class ObservationFiles {
  readonly #folder: string;
  readonly #open = new Map<string, OpenFile>();
  readonly #closing = new Set<Promise<void>>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  #file(name: string, schema: string, writes: "many" | "few" = "few"): OpenFile {
    const known = this.#open.get(name);
    if (known) {
      this.#open.delete(name);
      this.#open.set(name, known);
      return known;
    }
    const made = open(join(this.#folder, name), schema, writes);
    this.#open.set(name, made);
    if (this.#open.size > MAX_OPEN_OBSERVATION_FILES) {
      const oldest = [...this.#open.keys()].find((key) => key !== "series.sqlite");
      if (oldest) this.#close(oldest);
    }
    return made;
  }

  #close(name: string): void {
    const file = this.#open.get(name);
    this.#open.delete(name);
    const closing = file?.close();
    if (!closing) return;
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  dictionary(): OpenFile {
    return this.#file("series.sqlite", dictionarySchema);
  }

  raw(day: Day): OpenFile {
    return this.#file(`raw-${nameOfDay(day)}.sqlite`, rawSchema, "many");
  }

  hasRaw(day: Day): boolean {
    return existsSync(join(this.#folder, `raw-${nameOfDay(day)}.sqlite`));
  }

  /** Puts a damaged raw file out of the way; whoever wants to can still look into it. */
  setAside(day: Day): void {
    const name = `raw-${nameOfDay(day)}.sqlite`;
    this.#close(name);
    renameSync(join(this.#folder, name), join(this.#folder, name + damagedSuffix));
    for (const suffix of ["-wal", "-shm"])
      rmSync(join(this.#folder, name + suffix), { force: true });
  }

  wasSetAside(day: Day): boolean {
    return existsSync(join(this.#folder, `raw-${nameOfDay(day)}.sqlite${damagedSuffix}`));
  }

  /** Days before `day` that have raw values, the oldest first. */
  rawDaysBefore(day: Day): Day[] {
    return this.names()
      .map((name) => /^raw-(\d{4}-\d{2}-\d{2})\.sqlite$/.exec(name)?.[1])
      .filter((name) => name !== undefined)
      .map((name) => dayOf(Date.parse(name)))
      .filter((each) => each < day)
      .sort((a, b) => a - b);
  }

  rollups(day: Day): OpenFile {
    return this.#file(`rollup-${nameOfDay(day).slice(0, 7)}.sqlite`, rollupSchema);
  }

  /** Removes raw files of days before `day`, and roll-ups of months that ended before `month` (`2026-11`). */
  removeBefore(day: Day, month: string): void {
    for (const name of readdirSync(this.#folder)) {
      const raw = /^raw-(\d{4}-\d{2}-\d{2})\.sqlite(\.damaged)?$/.exec(name);
      const rollup = /^rollup-(\d{4}-\d{2})\.sqlite$/.exec(name);
      if (!((raw?.[1] && dayOf(Date.parse(raw[1])) < day) || (rollup?.[1] && rollup[1] < month)))
        continue;
      this.#close(name);
      for (const suffix of ["", "-wal", "-shm"])
        rmSync(join(this.#folder, name + suffix), { force: true });
    }
  }

  names(): string[] {
    return readdirSync(this.#folder).filter((name) => name.endsWith(".sqlite"));
  }

  /** Closes all; resolves when nothing of them is at work any more. */
  async close(): Promise<void> {
    for (const name of [...this.#open.keys()]) this.#close(name);
    await Promise.all(this.#closing);
  }
}
