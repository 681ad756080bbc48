// An empty database on the PostgreSQL that TEST_POSTGRES names, owned by a role without special rights.
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { postgresDatabase } from "../src/drivers/database/postgres/index.ts";
import type { Database } from "../src/ports/database.ts";

export interface PostgresForTest {
  readonly database: Database;
  close(): Promise<void>;
}

/** Address of the server's superuser, as `npm run test:real` sets it. */
export const serverUrl = (): string => {
  const url = process.env.TEST_POSTGRES;
  if (!url) throw new Error("TEST_POSTGRES is not set: run npm run test:real");
  return url;
};

const administer = async (...statements: readonly string[]): Promise<void> => {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
};

/** Makes a role and a database of its own. */
export const createDatabaseForTest = async (): Promise<{
  readonly url: string;
  drop(): Promise<void>;
}> => {
  const name = `t_${randomBytes(6).toString("hex")}`;
  await administer(
    `create role ${name} login password '${name}'`,
    `create database ${name} owner ${name}`,
  );
  const url = new URL(serverUrl());
  url.username = name;
  url.password = name;
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => administer(`drop database ${name} with (force)`, `drop role ${name}`),
  };
};

/** Opens a driver on one that nothing was done to yet. */
export const openEmptyPostgres = async (): Promise<PostgresForTest> => {
  const { url, drop } = await createDatabaseForTest();
  const database = postgresDatabase({
    url,
    connections: 8,
    importFolder: join(tmpdir(), "s4t-no-import"),
  });
  await database.start?.();
  return {
    database,
    close: async () => {
      await database.stop?.();
      await drop();
    },
  };
};

/** Opens a driver on a migrated one. */
export const openPostgresForTest = async (): Promise<PostgresForTest> => {
  const opened = await openEmptyPostgres();
  await opened.database.migrate();
  return opened;
};
