// Data as a cloud made it that knew only the first steps of the list of migrations: rows of the first release, and besides, in
// every table of that moment, rows made up from its columns, so that a step meets each column both filled and null.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type RawBuilder, sql } from "kysely";
import { rowSecurity } from "../src/drivers/database/postgres/row-security.ts";
import { applyMigrations, migrations } from "../src/migrations/index.ts";
import { everything } from "../src/policy/index.ts";
import type { Database, Tx } from "../src/ports/database.ts";

type Row = Readonly<Record<string, string | number | null>>;

/** Rows of a table, or what is told of one. */
export interface Rows {
  readonly table: string;
  readonly rows: readonly Row[];
}

const released = join(import.meta.dirname, "released");
/** Data of the first release; its tables stand in order of name, so that what points to what is whole only at the end. */
const openReleased = (): DatabaseSync => {
  const [first = ""] = readdirSync(released).sort();
  const database = new DatabaseSync(":memory:", { enableForeignKeyConstraints: false });
  database.exec(readFileSync(join(released, first, "cloud.sql"), "utf8"));
  return database;
};

const releasedRows = (): Rows[] => {
  const database = openReleased();
  try {
    return database
      .prepare(
        "select name from pragma_table_list where type = 'table' and schema = 'main' and name not like 'sqlite_%'",
      )
      .all()
      .map(({ name }) => ({
        table: String(name),
        rows: database.prepare(`select * from "${name}"`).all() as Row[],
      }));
  } finally {
    database.close();
  }
};

/** How many of the migrations the first release knew. */
export const releasedSteps =
  releasedRows().find(({ table }) => table === "schema_migrations")?.rows.length ?? 0;

const runSteps = (tx: Tx, steps: number): Promise<void> =>
  applyMigrations(
    tx.queries,
    tx.dialect,
    { begin: async () => {}, commit: async () => {}, rollback: async () => {} },
    migrations.slice(0, steps),
  );

const ask = async <T>(tx: Pick<Tx, "queries">, question: RawBuilder<T>): Promise<readonly T[]> =>
  (await question.execute(tx.queries)).rows;

const tables = {
  sqlite: sql<{
    name: string;
  }>`select name from pragma_table_list where type = 'table' and schema = 'main' and name not like 'sqlite_%'`,
  // Without those that triggers fill from others.
  postgres: sql<{
    name: string;
  }>`select relname as name from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace
    and obj_description(oid, 'pg_class') is distinct from 'derived'`,
};
const columns = {
  sqlite: (table: string) =>
    sql<{
      name: string;
      type: string;
      required: number | boolean;
    }>`select name, type, "notnull" or pk as required from pragma_table_info(${table})`,
  postgres: (table: string) =>
    sql<{
      name: string;
      type: string;
      required: number | boolean;
    }>`select column_name as name, data_type as type, is_nullable = 'NO' as required
      from information_schema.columns where table_schema = current_schema() and table_name = ${table}
      order by ordinal_position`,
};
const references = {
  sqlite: (table: string) =>
    sql<{
      from: string;
      table: string;
      to: string;
    }>`select "from", "table", "to" from pragma_foreign_key_list(${table})`,
  postgres: (table: string) =>
    sql<{
      from: string;
      table: string;
      to: string;
    }>`select f.attname as "from", c.confrelid::regclass::text as "table", t.attname as "to"
      from pg_constraint c cross join unnest(c.conkey, c.confkey) as k (child, parent)
      join pg_attribute f on f.attrelid = c.conrelid and f.attnum = k.child
      join pg_attribute t on t.attrelid = c.confrelid and t.attnum = k.parent
      where c.contype = 'f' and c.conrelid = ${table}::regclass`,
};

/** Tables whose rows count, those that others point to first. */
const tablesInOrder = async (tx: Tx): Promise<string[]> => {
  const names = (await ask(tx, tables[tx.dialect]))
    .map(({ name }) => name)
    .filter((name) => name !== "schema_migrations")
    .sort();
  const done: string[] = [];
  const visit = async (table: string): Promise<void> => {
    if (done.includes(table)) return;
    for (const to of await ask(tx, references[tx.dialect](table)))
      if (to.table !== table) await visit(to.table);
    done.push(table);
  };
  for (const name of names) await visit(name);
  return done;
};

const insert = async (tx: Tx, table: string, rows: readonly Row[]): Promise<void> => {
  for (const row of rows)
    await sql`insert into ${sql.table(table)} (${sql.join(Object.keys(row).map((name) => sql.ref(name)))})
      values (${sql.join(Object.values(row))})`.execute(tx.queries);
};

/** A number that no row of a release has, and that fits into 32 bits, as an `integer` of PostgreSQL must. */
const firstNumber = 2_000_000_000;

/** Two rows of a table: one with every column filled, one with null where it may be. Texts are JSON, since many must be. */
const makeUp = async (tx: Tx, table: string, made: ReadonlyMap<string, readonly Row[]>) => {
  const known = await ask(tx, columns[tx.dialect](table));
  const pointers = await ask(tx, references[tx.dialect](table));
  return [0, 1].map((at): Row => {
    const fill = ({ name, type, required }: (typeof known)[number]) => {
      if (at === 1 && !required) return null;
      const pointer = pointers.find(({ from }) => from === name);
      if (pointer) return made.get(pointer.table)?.[at]?.[pointer.to] ?? null;
      if (/int|double|real/i.test(type)) return firstNumber + at;
      return JSON.stringify({ [table]: name, at: String(at) });
    };
    return Object.fromEntries(known.map((column) => [column.name, fill(column)]));
  });
};

/** Brings an empty database to where the first `steps` migrations lead, with data that came all that way. */
export const makePrefix = (database: Database, steps: number): Promise<void> =>
  database.write(everything, async (tx) => {
    await runSteps(tx, releasedSteps);
    const old = new Map(releasedRows().map(({ table, rows }) => [table, rows]));
    for (const table of await tablesInOrder(tx)) await insert(tx, table, old.get(table) ?? []);
    await runSteps(tx, steps);
    const made = new Map<string, readonly Row[]>();
    for (const table of await tablesInOrder(tx)) {
      const rows = await makeUp(tx, table, made);
      made.set(table, rows);
      await insert(tx, table, rows);
    }
    // As the cloud of that moment left it: a step that runs blind to a project's rows leaves them as they were.
    if (tx.dialect === "postgres") await sql.raw(rowSecurity).execute(tx.queries);
  });

/** All rows that are told, by table. */
export const readRows = (database: Database): Promise<Rows[]> =>
  database.write(everything, async (tx) => {
    const read: Rows[] = [];
    for (const table of await tablesInOrder(tx))
      read.push({ table, rows: await ask(tx, sql<Row>`select * from ${sql.table(table)}`) });
    return read;
  });
