// PostgreSQL as the database. Every piece of work runs in a transaction that knows its scope, which row-level security enforces
// a second time: a store that forgot its filter sees nothing that is not the caller's.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import { Kysely } from "kysely";
import { Pool, type PoolClient, types } from "pg";
import { applyMigrations } from "../../../migrations/index.ts";
import type { Schema } from "../../../migrations/schema.ts";
import { everything, type Scope } from "../../../policy/index.ts";
import type { Database, Reader, Tx } from "../../../ports/database.ts";
import type { PostgresOptions } from "./config.ts";
import { copyTo, examineCopy, takeOver } from "./copy.ts";
import { createPostgresDialect } from "./dialect.ts";
import { rowSecurity } from "./row-security.ts";

/** How long a connection is waited for. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** How long a statement may run: none of ours is meant to. */
export const STATEMENT_TIMEOUT_MS = 30_000;
const int8 = 20;
/** Lock that one migrating cloud holds against another. */
const migrationLock = 7_355_608;

const getTypeParser: typeof types.getTypeParser = ((oid: number, format?: "text") =>
  oid === int8 ? Number : types.getTypeParser(oid, format)) as typeof types.getTypeParser;

/** PostgreSQL's words and the network's → ours. Constraint violations pass: they are the stores' to read. */
const translate = (error: unknown): unknown => {
  const { code, message } = error as { code?: string; message?: string };
  if (code === undefined && !/terminat|timeout|Connection/i.test(message ?? "")) return error;
  if (code === "53100") return fail("cloud.storage-full", undefined, error);
  const away =
    code === undefined ||
    /^(08|57P|53|ECONN|EPIPE|ENOTFOUND|ETIMEDOUT)/.test(code) ||
    code === "57014" ||
    code === "40001" ||
    code === "40P01";
  return away
    ? fail("cloud.unavailable", { because: "its database does not answer" }, error)
    : error;
};

const scopeText = (scope: Scope): string =>
  scope.projects === "all" ? "all" : scope.projects.join(",");
// Ids only ever hold hexadecimal digits and hyphens; whatever else came here sees nothing.
const safeScope = (scope: Scope): string =>
  /^(all|[0-9a-f,-]*)$/.test(scopeText(scope)) ? scopeText(scope) : "";

class PostgresDatabase implements Database {
  readonly name = "database";
  readonly dialect = "postgres" as const;
  readonly #options: PostgresOptions;
  #pool: Pool | undefined;

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  #opened(): Pool {
    if (!this.#pool) throw fail("cloud.unavailable", { because: "its database is closed" });
    return this.#pool;
  }

  async start(): Promise<void> {
    this.#pool = new Pool({
      connectionString: this.#options.url,
      max: this.#options.connections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      types: { getTypeParser },
    });
    // An idle connection that the server ends is replaced at the next use; without a listener it would end the process.
    this.#pool.on("error", () => {});
    await this.read(everything, async () => undefined);
  }

  async stop(): Promise<void> {
    await this.#pool?.end();
    this.#pool = undefined;
  }

  async #within<T>(
    begin: string,
    scope: Scope,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<T> {
    let client: PoolClient;
    try {
      client = await this.#opened().connect();
    } catch (error) {
      throw translate(error);
    }
    let broken: Error | undefined;
    const onError = (error: Error) => {
      broken = error;
    };
    client.on("error", onError);
    try {
      await client.query(
        `${begin}; select set_config('s4t.projects', '${safeScope(scope)}', true)`,
      );
      const result = await work(client);
      await client.query("commit");
      return result;
    } catch (error) {
      await client.query("rollback").catch((failed: Error) => {
        broken ??= failed;
      });
      throw translate(error);
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  }

  read<T>(scope: Scope, work: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#within("begin read only", scope, (client) =>
      work({
        queries: new Kysely<Schema>({ dialect: createPostgresDialect(client) }),
        dialect: "postgres",
      }),
    );
  }

  async write<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    const after: (() => void)[] = [];
    const result = await this.#within("begin", scope, (client) =>
      work({
        queries: new Kysely<Schema>({ dialect: createPostgresDialect(client) }),
        dialect: "postgres",
        writable: true,
        afterCommit: (then) => void after.push(then),
      }),
    );
    for (const then of after) then();
    return result;
  }

  async migrate(): Promise<void> {
    const client = await this.#opened().connect();
    try {
      await client.query("select pg_advisory_lock($1)", [migrationLock]);
      const run = (text: string) => async () => void (await client.query(text));
      await applyMigrations(
        new Kysely<Schema>({ dialect: createPostgresDialect(client) }),
        "postgres",
        {
          begin: run("begin"),
          commit: run("commit"),
          rollback: run("rollback"),
        },
      );
      await client.query(rowSecurity);
    } catch (error) {
      throw translate(error);
    } finally {
      await client.query("select pg_advisory_unlock($1)", [migrationLock]).catch(() => {});
      client.release();
    }
    if (existsSync(join(this.#options.importFolder, "tables"))) {
      await this.restore(this.#options.importFolder);
      rmSync(this.#options.importFolder, { recursive: true });
    }
  }

  /** One file of JSON lines a table, all of one moment. */
  backup(folder: string): Promise<void> {
    return this.#within("begin isolation level repeatable read read only", everything, (client) =>
      copyTo(client, folder),
    );
  }

  examine(folder: string): Promise<void> {
    return examineCopy(folder);
  }

  restore(folder: string): Promise<void> {
    return this.#within("begin", everything, (client) => takeOver(client, folder));
  }
}

/** A {@link Database} in PostgreSQL. */
export const createPostgresDatabase = (options: PostgresOptions): Database =>
  new PostgresDatabase(options);
