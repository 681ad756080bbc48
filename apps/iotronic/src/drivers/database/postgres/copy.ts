// A copy of all tables as JSON lines, one file a table, and how such a copy is taken over. Tables come back as the migrations of
// the copy's own release made them, are filled, and only then brought up to this release: an old copy needs no column that it
// could not know.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import type { PoolClient } from "pg";
import {
  applyMigrations,
  type MigrationTransaction,
  migrations,
  refuseNewerCopy,
} from "../../../migrations/index.ts";
import {
  insertLines,
  liftLimits,
  stretchesOf,
  writeTable,
} from "../../../technology/postgres/copy.ts";
import { readerOver } from "./dialect.ts";
import { rowSecurity } from "./row-security.ts";

const applied = "schema_migrations";

const fileOf = (folder: string, table: string): string => join(folder, "tables", `${table}.jsonl`);

/** Tables by name; without those that triggers fill from others, as their comment says, where only what is told apart counts. */
const tablesOf = async (client: PoolClient, which: "all" | "told" = "told"): Promise<string[]> => {
  const { rows } = await client.query(
    `select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
       and relnamespace = current_schema()::regnamespace
       and ($1 = 'all' or obj_description(oid, 'pg_class') is distinct from 'derived')`,
    [which],
  );
  return (rows as { name: string }[]).map(({ name }) => name).sort();
};

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

/** Writes a copy, within a transaction that sees one moment. */
export const copyTo = async (client: PoolClient, folder: string): Promise<void> => {
  mkdirSync(join(folder, "tables"), { recursive: true, mode: 0o700 });
  await liftLimits(client);
  for (const table of await tablesOf(client))
    await writeTable(client, `"${table}"`, fileOf(folder, table));
};

const migrationsIn = (folder: string): string[] => {
  if (!existsSync(fileOf(folder, applied)))
    throw fail("backup.invalid", { because: "it holds no tables of PostgreSQL" });
  try {
    return readFileSync(fileOf(folder, applied), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => String((JSON.parse(line) as { name: unknown }).name));
  } catch (cause) {
    throw fail("backup.invalid", { because: "it is damaged" }, cause);
  }
};

/** Throws `backup.invalid` for what is no copy of PostgreSQL's tables, `backup.newer` for one of a later release. */
export const examineCopy = async (folder: string): Promise<void> =>
  refuseNewerCopy(migrationsIn(folder));

const fill = async (client: PoolClient, folder: string): Promise<void> => {
  // Parents before children: a table that others point to is filled first.
  const order = await client.query(
    "select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint where contype = 'f'",
  );
  const edges = order.rows as { child: string; parent: string }[];
  for (const table of sorted(await tablesOf(client), edges)) {
    if (table === applied || !existsSync(fileOf(folder, table))) continue;
    for await (const lines of stretchesOf(fileOf(folder, table)))
      await insertLines(client, `"${table}"`, lines);
  }
  await client.query(
    "select setval(pg_get_serial_sequence('changes', 'seq'), coalesce((select max(seq) from changes), 1))",
  );
};

/** All of it is one transaction of the caller's. */
const within: MigrationTransaction = {
  begin: async () => {},
  commit: async () => {},
  rollback: async () => {},
};

/** Replaces everything by a copy, within the caller's transaction. */
export const takeOver = async (client: PoolClient, folder: string): Promise<void> => {
  const names = new Set(migrationsIn(folder));
  refuseNewerCopy([...names]);
  await liftLimits(client);
  for (const table of await tablesOf(client, "all"))
    await client.query(`drop table if exists "${table}" cascade`);
  const schema = readerOver(client).queries;
  const then = migrations.filter(({ name }) => names.has(name));
  await applyMigrations(schema, "postgres", within, then);
  await fill(client, folder);
  await applyMigrations(schema, "postgres", within);
  await client.query(rowSecurity);
};
