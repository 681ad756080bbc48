// A database of its own for a test: SQLite in a temporary folder, or an empty one on the PostgreSQL that TEST_POSTGRES names
// when TEST_DATABASE is `postgres`. The whole suite runs on either.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import type { DialectName } from "../src/migrations/migration.ts";
import type { Database } from "../src/ports/database.ts";

/** A started database; `close` ends and removes it. */
export interface TestDatabase {
  readonly database: Database;
  /** Folder that lives as long, for what else the test keeps. */
  readonly folder: string;
  close(): Promise<void>;
}

const openSqlite = async (folder: string) => {
  const { sqliteDatabase } = await import("../src/drivers/database/sqlite/index.ts");
  const database = sqliteDatabase({ folder, monotonicMs: systemClock.monotonicMs });
  await database.start?.();
  return { database, close: async () => database.stop?.() };
};

/** The kind that the run is about. */
export const dialectOfRun: DialectName =
  process.env.TEST_DATABASE === "postgres" ? "postgres" : "sqlite";

/** Opens one that nothing was done to yet. */
export const openEmptyDatabase = async (
  dialect: DialectName = dialectOfRun,
): Promise<TestDatabase> => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-test-"));
  const opened =
    dialect === "postgres"
      ? await (await import("./postgres.ts")).openEmptyPostgres()
      : await openSqlite(folder);
  return {
    database: opened.database,
    folder,
    close: async () => {
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Opens a migrated one. */
export const openTestDatabase = async (dialect?: DialectName): Promise<TestDatabase> => {
  const opened = await openEmptyDatabase(dialect);
  await opened.database.migrate();
  return opened;
};
