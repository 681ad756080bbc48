// An empty database on the PostgreSQL that TEST_POSTGRES names, owned by a role without special rights.
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { postgresDatabase } from "../src/drivers/database/postgres/index.ts";
import type { Database } from "../src/ports/database.ts";

export interface PostgresForTest {
  readonly database: Database;
  /** Where it lies: outlives the driver's stop, until `close` or its own `drop`. */
  readonly server: ServerDatabase;
  close(): Promise<void>;
}

/** Address of the server's superuser, as `npm run test:real` sets it. */
export const serverUrl = (): string => {
  const url = process.env.TEST_POSTGRES;
  if (!url) throw new Error("TEST_POSTGRES is not set: run npm run test:real");
  return url;
};

/** A database of its own, with a role of its own. */
export interface ServerDatabase {
  readonly url: string;
  /** Rows of a statement that the superuser runs in it, from whom no policy hides any. */
  ask(statement: string): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

const askAt = async (url: string, statement: string): Promise<Record<string, unknown>[]> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
};

const administer = async (...statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await askAt(serverUrl(), statement);
};

/** Makes one. */
export const createDatabaseForTest = async (): Promise<ServerDatabase> => {
  const name = `t_${randomBytes(6).toString("hex")}`;
  await administer(
    `create role ${name} login password '${name}'`,
    `create database ${name} owner ${name}`,
  );
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  const asSuperuser = url.href;
  url.username = name;
  url.password = name;
  return {
    url: url.href,
    ask: (statement) => askAt(asSuperuser, statement),
    drop: () => administer(`drop database ${name} with (force)`, `drop role ${name}`),
  };
};

/** Opens a driver on one that nothing was done to yet. */
export const openEmptyPostgres = async (): Promise<PostgresForTest> => {
  const server = await createDatabaseForTest();
  const database = postgresDatabase({
    url: server.url,
    connections: 8,
    importFolder: join(tmpdir(), "s4t-no-import"),
  });
  await database.start?.();
  return {
    ...{ database, server },
    close: async () => {
      await database.stop?.();
      await server.drop();
    },
  };
};

/** Opens a driver on a migrated one. */
export const openPostgresForTest = async (): Promise<PostgresForTest> => {
  const opened = await openEmptyPostgres();
  await opened.database.migrate();
  return opened;
};
