// PostgreSQL as the database. Every piece of work runs in a transaction that knows its scope, which row-level security enforces
// a second time: a store that forgot its filter sees nothing that is not the caller's.
import { createReadStream, createWriteStream, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { fail } from "@s4t/contract";
import { Kysely } from "kysely";
import { Pool, type PoolClient, types } from "pg";
import { applyMigrations } from "../../../migrations/index.ts";
import type { Schema } from "../../../migrations/schema.ts";
import { everything, type Scope } from "../../../policy/index.ts";
import type { Database, Reader, Tx } from "../../../ports/database.ts";
import type { PostgresOptions } from "./config.ts";
import { createPostgresDialect } from "./dialect.ts";

/** How long a connection is waited for. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** How long a statement may run: none of ours is meant to. */
export const STATEMENT_TIMEOUT_MS = 30_000;
/** Rows that a backup or a restore has in hand at once. */
export const COPIED_ROWS_LIMIT = 1_000;
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

const rowSecurity = `
do $$ declare t text; begin
  for t in select table_name from information_schema.columns where table_schema = current_schema() and column_name = 'project_id' loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('drop policy if exists s4t_scope on %I', t);
    execute format('create policy s4t_scope on %I using (current_setting(''s4t.projects'', true) = ''all'' or project_id = any(string_to_array(current_setting(''s4t.projects'', true), '','')))', t);
  end loop;
end $$`;

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

  async #tables(client: PoolClient): Promise<string[]> {
    const { rows } = await client.query(
      "select table_name as name from information_schema.tables where table_schema = current_schema() and table_name <> 'schema_migrations'",
    );
    return (rows as { name: string }[]).map(({ name }) => name).sort();
  }

  /** One file of JSON lines a table, all of one moment. */
  backup(folder: string): Promise<void> {
    return this.#within(
      "begin isolation level repeatable read read only",
      everything,
      async (client) => {
        mkdirSync(join(folder, "tables"), { recursive: true, mode: 0o700 });
        for (const table of await this.#tables(client)) {
          const out = createWriteStream(join(folder, "tables", `${table}.jsonl`), { mode: 0o600 });
          await pipeline(rowsOf(client, table), out);
        }
      },
    );
  }

  restore(folder: string): Promise<void> {
    return this.#within("begin", everything, async (client) => {
      const tables = await this.#tables(client);
      await client.query(`truncate ${tables.map((table) => `"${table}"`).join(", ")} cascade`);
      await client.query("set constraints all deferred");
      // Parents before children: a table that others point to is filled first.
      const order = await client.query(
        "select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint where contype = 'f'",
      );
      for (const table of sorted(tables, order.rows as { child: string; parent: string }[])) {
        const file = join(folder, "tables", `${table}.jsonl`);
        if (!existsSync(file)) continue;
        for await (const lines of stretchesOf(file))
          await client.query(
            `insert into "${table}" select * from jsonb_populate_recordset(null::"${table}", $1::jsonb)`,
            [`[${lines.join(",")}]`],
          );
      }
      await client.query(
        "select setval(pg_get_serial_sequence('changes', 'seq'), coalesce((select max(seq) from changes), 1))",
      );
    });
  }
}

/** A table as lines of JSON, a stretch at a time: a log of millions of entries must not stand in memory. */
async function* rowsOf(client: PoolClient, table: string): AsyncGenerator<string> {
  await client.query(
    `declare stretch no scroll cursor for select to_jsonb(t)::text as row from "${table}" t`,
  );
  for (;;) {
    const { rows } = await client.query(`fetch ${COPIED_ROWS_LIMIT} from stretch`);
    if (rows.length === 0) break;
    yield (rows as { row: string }[]).map(({ row }) => `${row}\n`).join("");
  }
  await client.query("close stretch");
}

/** Lines of a file, a stretch at a time. */
async function* stretchesOf(file: string): AsyncGenerator<string[]> {
  let lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line !== "") lines.push(line);
    if (lines.length < COPIED_ROWS_LIMIT) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}

const sorted = (
  tables: readonly string[],
  edges: readonly { readonly child: string; readonly parent: string }[],
): string[] => {
  const done: string[] = [];
  const visit = (table: string): void => {
    if (done.includes(table)) return;
    for (const { child, parent } of edges) if (child === table && parent !== table) visit(parent);
    done.push(table);
  };
  for (const table of tables) visit(table);
  return done;
};

/** A {@link Database} in PostgreSQL. */
export const createPostgresDatabase = (options: PostgresOptions): Database =>
  new PostgresDatabase(options);
