// SQLite as the database, in the loop's thread: a statement costs microseconds there, and a trip to another thread more. What
// waits for the disk does not stand in the loop: a commit is written by SQLite, flushed in Node's pool, and only then acknowledged
// (`flush.ts`); checkpoints have a thread of their own (`checkpoint.ts`). What is on the disk is the same as with full sync: the
// log up to the last flush, and of a torn end nothing, by its checksums. One thing differs: readers, who have a connection of
// their own, may see a commit for the moment until its flush. Measured, and what was tried besides: docs/performance.md.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fail } from "@s4t/contract";
import { applyMigrations } from "../../../migrations/index.ts";
import type { Scope } from "../../../policy/index.ts";
import type { Database, Reader } from "../../../ports/database.ts";
import { createCheckpointer } from "../../../technology/sqlite/checkpoint.ts";
import { openFlusher } from "../../../technology/sqlite/flush.ts";
import { translate } from "../../../technology/sqlite/translate.ts";
import type { SqliteOptions } from "./config.ts";
import { copyOf, examineCopy } from "./copy.ts";
import { ReadingConnection, readerOver, SqliteConnection } from "./dialect.ts";
import { createWriters, WRITER_LIMIT_MS, type WritingSide } from "./writers.ts";

/** Pages of the log after which SQLite itself checkpoints, where commits flush in the loop. */
const checkpointPages = 4_000;
/** Bytes that the log's file keeps when it begins anew. */
const keptLogBytes = 67_108_864;

interface Handles {
  readonly writing: WritingSide;
  readonly reading: DatabaseSync;
  readonly reader: Reader;
  close(): Promise<void>;
}

const noWait = async (): Promise<void> => {};

/** The connection of writers. With `pool` SQLite only writes, and the flush before an acknowledgement is ours. */
const openWriting = (file: string, how: "pool" | "loop" | "never", onCommit: () => void) => {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true });
  const synchronous = { pool: "NORMAL", loop: "FULL", never: "OFF" }[how];
  const pages = how === "loop" ? checkpointPages : 0;
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = ${pages}; PRAGMA journal_size_limit = ${keptLogBytes}; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -12000; PRAGMA busy_timeout = 2000;`,
  );
  database.exec("BEGIN IMMEDIATE; COMMIT"); // the log's file is there from now on
  const flusher = how === "pool" ? openFlusher(`${file}-wal`) : undefined;
  const checkpointer = how === "loop" ? undefined : createCheckpointer(file, how === "pool");
  const side: WritingSide = {
    database,
    connection: new SqliteConnection(database),
    onCommit,
    flush: flusher
      ? () =>
          flusher.flush().catch((error: unknown) => {
            throw fail("cloud.unavailable", { because: "its disk does not answer" }, error);
          })
      : noWait,
    committed: checkpointer ? (writes) => checkpointer.committed(writes) : noWait,
  };
  return {
    side,
    async close() {
      await checkpointer?.close();
      flusher?.close();
      database.exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
      database.close();
    },
  };
};

const open = (file: string, how: "pool" | "loop" | "never"): Handles => {
  const writing = openWriting(file, how, () => connection.renew());
  const reading = new DatabaseSync(file, { readOnly: true });
  const connection = new ReadingConnection(reading);
  reading.exec(
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000; PRAGMA mmap_size = 268435456; PRAGMA busy_timeout = 2000;",
  );
  return {
    writing: writing.side,
    reading,
    reader: readerOver(connection),
    async close() {
      reading.close();
      await writing.close();
    },
  };
};

/** A {@link Database} in one SQLite file. */
export const createSqliteDatabase = (options: SqliteOptions): Database => {
  const file = join(options.folder, "cloud.sqlite");
  const how = options.durable === false ? "never" : (options.flush ?? "pool");
  let handles: Handles | undefined;

  const opened = (): Handles => {
    if (!handles) throw fail("cloud.unavailable", { because: "its database is closed" });
    return handles;
  };

  const writers = createWriters(
    () => opened().writing,
    options.monotonicMs,
    options.writerLimitMs ?? WRITER_LIMIT_MS,
  );

  return {
    name: "database",
    dialect: "sqlite",
    start() {
      try {
        mkdirSync(options.folder, { recursive: true, mode: 0o700 });
        handles = open(file, how);
      } catch (error) {
        throw translate(error, file);
      }
    },
    async stop() {
      await writers.idle();
      const closing = handles;
      handles = undefined;
      await closing?.close();
    },
    async read<T>(_scope: Scope, work: (reader: Reader) => Promise<T>): Promise<T> {
      try {
        return await work(opened().reader);
      } catch (error) {
        throw translate(error);
      }
    },
    write: (_scope, work) => writers.write(work),
    migrate() {
      const { connection, flush } = opened().writing;
      const { queries } = readerOver(connection);
      return applyMigrations(queries, "sqlite", {
        begin: async () => connection.run("BEGIN IMMEDIATE"),
        commit: () => {
          connection.run("COMMIT");
          return flush();
        },
        rollback: async () => connection.run("ROLLBACK"),
      });
    },
    backup: (folder) => copyOf(file, folder),
    examine: examineCopy,
    async restore(folder) {
      await writers.idle();
      await opened().close();
      for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
      copyFileSync(join(folder, "cloud.sqlite"), file);
      handles = open(file, how);
    },
  };
};
