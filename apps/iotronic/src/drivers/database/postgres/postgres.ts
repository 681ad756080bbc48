// PostgreSQL as the database. Every piece of work runs in a transaction that knows its scope, which row-level security enforces
// a second time: a store that forgot its filter sees nothing that is not the caller's.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import { applyMigrations } from "../../../migrations/index.ts";
import { everything, type Scope } from "../../../policy/index.ts";
import type { Database, Reader, Tx } from "../../../ports/database.ts";
import { type Connections, openConnections } from "../../../technology/postgres/connections.ts";
import type { PostgresOptions } from "./config.ts";
import { copyTo, examineCopy, takeOver } from "./copy.ts";
import { readerOver } from "./dialect.ts";
import { rowSecurity } from "./row-security.ts";

/** Lock that one migrating cloud holds against another. */
const migrationLock = 7_355_608;
/** Row security holds for us too: a step that changes rows must see those of every project. */
const beginMigration = "begin; select set_config('s4t.projects', 'all', true)";

class PostgresDatabase implements Database {
  readonly name = "database";
  readonly dialect = "postgres" as const;
  readonly #options: PostgresOptions;
  #connections: Connections | undefined;

  constructor(options: PostgresOptions) {
    this.#options = options;
  }

  #opened(): Connections {
    if (!this.#connections) throw fail("cloud.unavailable", { because: "its database is closed" });
    return this.#connections;
  }

  async start(): Promise<void> {
    const { url, connections } = this.#options;
    this.#connections = openConnections({ url, connections, what: "its database" });
    await this.read(everything, async () => undefined);
  }

  async stop(): Promise<void> {
    await this.#connections?.end();
    this.#connections = undefined;
  }

  read<T>(scope: Scope, work: (reader: Reader) => Promise<T>): Promise<T> {
    return this.#opened().within(
      scope.projects,
      (client) => work(readerOver(client)),
      "begin read only",
    );
  }

  async write<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T> {
    const after: (() => void)[] = [];
    const result = await this.#opened().within(scope.projects, (client) =>
      work({
        ...readerOver(client),
        writable: true,
        afterCommit: (then) => void after.push(then),
      }),
    );
    for (const then of after) then();
    return result;
  }

  async migrate(): Promise<void> {
    await this.#opened().alone(async (client) => {
      const run = (text: string) => async () => void (await client.query(text));
      await client.query("select pg_advisory_lock($1)", [migrationLock]);
      try {
        await applyMigrations(readerOver(client).queries, "postgres", {
          begin: run(beginMigration),
          commit: run("commit"),
          rollback: run("rollback"),
        });
        await client.query(rowSecurity);
      } finally {
        await client.query("select pg_advisory_unlock($1)", [migrationLock]).catch(() => {});
      }
    });
    if (existsSync(join(this.#options.importFolder, "tables"))) {
      await this.restore(this.#options.importFolder);
      rmSync(this.#options.importFolder, { recursive: true });
    }
  }

  /** One file of JSON lines a table, all of one moment. */
  backup(folder: string): Promise<void> {
    return this.#opened().within(
      everything.projects,
      (client) => copyTo(client, folder),
      "begin isolation level repeatable read read only",
    );
  }

  examine(folder: string): Promise<void> {
    return examineCopy(folder);
  }

  restore(folder: string): Promise<void> {
    return this.#opened().within(everything.projects, (client) => takeOver(client, folder));
  }
}

/** A {@link Database} in PostgreSQL. */
export const createPostgresDatabase = (options: PostgresOptions): Database =>
  new PostgresDatabase(options);
