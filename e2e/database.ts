// The database under a story's clouds: SQLite in their data folder, or, where the run is about PostgreSQL, one of its own for each
// data folder, dropped when the file's tests are over. Stories that name a driver themselves keep it.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll } from "vitest";
import { dialectOfRun } from "../apps/iotronic/test/database.ts";
import type { ServerDatabase } from "../apps/iotronic/test/postgres.ts";

const made = new Map<string, Promise<ServerDatabase>>();
afterAll(async () => {
  for (const database of made.values()) await (await database).drop();
  made.clear();
});

const onServer = async (folder: string): Promise<ServerDatabase> => {
  const { createDatabaseForTest } = await import("../apps/iotronic/test/postgres.ts");
  const database = made.get(folder) ?? createDatabaseForTest();
  made.set(folder, database);
  return database;
};

/** Settings that bring a cloud on this data folder to its database; none where it is SQLite. */
export const databaseArgs = async (folder: string, args: readonly string[]): Promise<string[]> => {
  if (dialectOfRun === "sqlite" || args.includes("--database.driver")) return [];
  const { url } = await onServer(folder);
  return ["--database.driver", "postgres", "--database.postgres.url", url];
};

/** Runs a statement in the database of a data folder, past the cloud; answers its rows. */
export const askDatabase = async (
  folder: string,
  statement: string,
): Promise<Record<string, unknown>[]> => {
  if (dialectOfRun === "postgres") return (await onServer(folder)).ask(statement);
  const database = new DatabaseSync(join(folder, "database/cloud.sqlite"), {
    readOnly: statement.startsWith("select"),
  });
  try {
    return database.prepare(statement).all();
  } finally {
    database.close();
  }
};
