// A database of its own for a test: SQLite in a temporary folder, or an empty one on the PostgreSQL that TEST_POSTGRES names
// when TEST_DATABASE is `postgres`. The whole suite runs on either.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@s4t/kit";
import type { Database } from "../src/ports/database.ts";

/** A started, migrated database; `close` ends and removes it. */
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
  await database.migrate();
  return { database, close: async () => database.stop?.() };
};

/** Opens one: of the kind that the run is about, unless said. */
export const openTestDatabase = async (
  dialect: "sqlite" | "postgres" = process.env.TEST_DATABASE === "postgres" ? "postgres" : "sqlite",
): Promise<TestDatabase> => {
  const folder = mkdtempSync(join(tmpdir(), "s4t-test-"));
  const opened =
    dialect === "postgres"
      ? await (await import("./postgres.ts")).openPostgresForTest()
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
