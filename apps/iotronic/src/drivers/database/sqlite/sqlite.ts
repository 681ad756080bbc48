// SQLite as the database: WAL, full sync, one writer. Writers that wait together share one transaction and so one flush of the
// disk (group commit); each has a savepoint of its own, so that one that fails takes nothing with it. Readers have a connection
// of their own and see only what is committed.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fail } from "@s4t/contract";
import { Kysely } from "kysely";
import { applyMigrations } from "../../../migrations/index.ts";
import type { Schema } from "../../../migrations/schema.ts";
import type { Scope } from "../../../policy/index.ts";
import type { Database, Reader, Tx } from "../../../ports/database.ts";
import type { SqliteOptions } from "./config.ts";
import { copyOf, examineCopy } from "./copy.ts";
import { createSqliteDialect, SqliteConnection } from "./dialect.ts";
import { translate } from "./translate.ts";

/** Longest time that a group goes on taking writers in before it commits: bounds what a writer waits for others. */
export const GROUP_COMMIT_MS = 20;
/** Pages of the WAL after which SQLite moves them into the database, outside a commit's way. */
const checkpointPages = 4_000;

interface Writer {
  readonly run: (tx: Tx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Handles {
  readonly writing: DatabaseSync;
  readonly reading: DatabaseSync;
  readonly writer: Kysely<Schema>;
  readonly reader: Kysely<Schema>;
}

const open = (file: string, durable: boolean): Handles => {
  const writing = new DatabaseSync(file, { enableForeignKeyConstraints: true });
  writing.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durable ? "FULL" : "OFF"}; PRAGMA wal_autocheckpoint = ${checkpointPages}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32000; PRAGMA busy_timeout = 2000;`,
  );
  const reading = new DatabaseSync(file, { readOnly: true });
  reading.exec(
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32000; PRAGMA mmap_size = 268435456; PRAGMA busy_timeout = 2000;",
  );
  return {
    writing,
    reading,
    writer: new Kysely<Schema>({ dialect: createSqliteDialect(new SqliteConnection(writing)) }),
    reader: new Kysely<Schema>({ dialect: createSqliteDialect(new SqliteConnection(reading)) }),
  };
};

/** A {@link Database} in one SQLite file. */
export const createSqliteDatabase = (options: SqliteOptions): Database => {
  const file = join(options.folder, "cloud.sqlite");
  const now = options.monotonicMs;
  let handles: Handles | undefined;
  let waiting: Writer[] = [];
  let scheduled = false;
  let running: Promise<void> = Promise.resolve();

  const opened = (): Handles => {
    if (!handles) throw fail("cloud.unavailable", { because: "its database is closed" });
    return handles;
  };

  /** Runs one writer inside the group's transaction; answers what to do once that is durable. */
  const runWriter = async (
    writer: Writer,
    { writing, writer: queries }: Handles,
  ): Promise<() => void> => {
    const after: (() => void)[] = [];
    const tx: Tx = {
      queries,
      dialect: "sqlite",
      writable: true,
      afterCommit: (then) => void after.push(then),
    };
    writing.exec("SAVEPOINT w");
    try {
      const value = await writer.run(tx);
      writing.exec("RELEASE w");
      return () => {
        for (const then of after) then();
        writer.resolve(value);
      };
    } catch (error) {
      // A full disk rolls the whole transaction back by itself: then there is no savepoint any more.
      if (writing.isTransaction) writing.exec("ROLLBACK TO w; RELEASE w");
      const shown = translate(error);
      return () => writer.reject(shown);
    }
  };

  const runGroup = async (): Promise<void> => {
    const { writing } = opened();
    const settled: (() => void)[] = [];
    const members: Writer[] = [];
    const endsMs = now() + GROUP_COMMIT_MS;
    try {
      writing.exec("BEGIN IMMEDIATE");
      do {
        const group = waiting;
        waiting = [];
        for (const writer of group) {
          members.push(writer);
          settled.push(await runWriter(writer, opened()));
          if (!writing.isTransaction) throw fail("cloud.storage-full");
        }
      } while (waiting.length > 0 && now() < endsMs);
      writing.exec("COMMIT");
    } catch (error) {
      if (writing.isTransaction) writing.exec("ROLLBACK");
      const shown = translate(error);
      for (const writer of members) writer.reject(shown);
      if (members.length === 0) {
        for (const writer of waiting) writer.reject(shown);
        waiting = [];
      }
      return;
    }
    for (const settle of settled) settle();
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    // After the turn that asked: everybody who writes in it belongs to the same group.
    setImmediate(() => {
      scheduled = false;
      running = running.then(async () => {
        while (waiting.length > 0) await runGroup();
      });
    });
  };

  return {
    name: "database",
    dialect: "sqlite",
    start() {
      try {
        mkdirSync(options.folder, { recursive: true, mode: 0o700 });
        handles = open(file, options.durable ?? true);
      } catch (error) {
        throw translate(error, file);
      }
    },
    async stop() {
      while (waiting.length > 0 || scheduled) await new Promise((resolve) => setImmediate(resolve));
      await running;
      if (!handles) return;
      handles.reading.close();
      handles.writing.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      handles.writing.close();
      handles = undefined;
    },
    async read<T>(_scope: Scope, work: (reader: Reader) => Promise<T>): Promise<T> {
      try {
        return await work({ queries: opened().reader, dialect: "sqlite" });
      } catch (error) {
        throw translate(error);
      }
    },
    write<T>(_scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        waiting.push({ run: work, resolve: resolve as (value: unknown) => void, reject });
        schedule();
      });
    },
    migrate: () =>
      applyMigrations(opened().writer, "sqlite", {
        begin: async () => opened().writing.exec("BEGIN IMMEDIATE"),
        commit: async () => opened().writing.exec("COMMIT"),
        rollback: async () => opened().writing.exec("ROLLBACK"),
      }),
    backup: (folder) => copyOf(file, folder),
    examine: examineCopy,
    async restore(folder) {
      await running;
      opened().reading.close();
      opened().writing.close();
      for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
      copyFileSync(join(folder, "cloud.sqlite"), file);
      handles = open(file, options.durable ?? true);
    },
  };
};
