// Whoever upgrades may have stopped anywhere in the list of migrations: from each place on that a release or the main branch has
// been at, the rest leads to the tables of today, with every row that was there. On the database that the run is about.
import { sql } from "kysely";
import { expect, it } from "vitest";
import { migrations } from "../src/migrations/index.ts";
import { everything } from "../src/policy/index.ts";
import type { Database } from "../src/ports/database.ts";
import { dialectOfRun, openEmptyDatabase, openTestDatabase } from "./database.ts";
import { makePrefix, type Rows, readRows, releasedSteps } from "./prefix.ts";

/** What a step takes away or rewrites on purpose. All else is there afterwards as it was. */
const meant: Readonly<
  Record<
    string,
    {
      readonly dropped?: readonly string[];
      /** By `table.column`: the text as it must be afterwards. */
      readonly rewritten?: Readonly<Record<string, (before: string) => string>>;
    }
  >
> = {
  "20261127-0640-boards-logs": {
    dropped: ["boards_logs"],
    rewritten: {
      "boards.settings": (before) => {
        const settings = JSON.parse(before) as { log?: { ship?: unknown } };
        delete settings.log?.ship;
        return JSON.stringify(settings);
      },
    },
  },
};

/** A value as both databases say it, JSON without its spaces and in order of its names. */
const plain = (value: unknown): string => {
  if (typeof value !== "string" || !value.startsWith("{")) return String(value);
  const { ...members } = JSON.parse(value) as Record<string, unknown>;
  return JSON.stringify(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** Every value that must be there after `steps`, as `table.column`s with values. */
const wanted = (before: readonly Rows[], steps: readonly string[]): Map<string, string[]> => {
  const dropped = steps.flatMap((step) => meant[step]?.dropped ?? []);
  const rewrite = (place: string, value: unknown): unknown =>
    steps.reduce<unknown>(
      (now, step) => meant[step]?.rewritten?.[place]?.(String(now)) ?? now,
      value,
    );
  return new Map(
    before
      .filter(({ table }) => !dropped.includes(table))
      .map(({ table, rows }) => [
        table,
        rows.map((row) =>
          Object.entries(row)
            .map(([name, value]) => `${name}: ${plain(rewrite(`${table}.${name}`, value))}`)
            .join("\n"),
        ),
      ]),
  );
};

/** The same rows as they are now, of the columns that there were. */
const found = (after: readonly Rows[], before: readonly Rows[]): Map<string, string[]> =>
  new Map(
    after.map(({ table, rows }) => {
      const names = Object.keys(before.find((then) => then.table === table)?.rows[0] ?? {});
      return [
        table,
        rows.map((row) => names.map((name) => `${name}: ${plain(row[name])}`).join("\n")),
      ];
    }),
  );

const parts = {
  sqlite: [
    sql`select m.name, c.name as "column", c.type, c."notnull", c.pk, c.dflt_value
      from pragma_table_list m join pragma_table_info(m.name) c where m.schema = 'main'`,
    sql`select type, name, tbl_name, sql from sqlite_schema where type <> 'table'`,
  ],
  postgres: [
    sql`select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
      where table_schema = current_schema()`,
    sql`select indexname, indexdef from pg_indexes where schemaname = current_schema()`,
    sql`select conname, pg_get_constraintdef(oid) as rule from pg_constraint where connamespace = current_schema()::regnamespace`,
    sql`select trigger_name, event_manipulation, action_statement from information_schema.triggers
      where trigger_schema = current_schema()`,
    sql`select tablename, policyname, qual from pg_policies where schemaname = current_schema()`,
  ],
};

/** Everything that the database says of its form. */
const formOf = (database: Database): Promise<string[]> =>
  database.read(everything, async ({ queries, dialect }) => {
    const lines: string[] = [];
    for (const part of parts[dialect])
      for (const row of (await part.execute(queries)).rows) lines.push(JSON.stringify(row));
    return lines.sort();
  });

const places = migrations.slice(releasedSteps - 1, -1).map(({ name }) => name);

it("there is data of a release to begin with, and a step after it", () => {
  expect(releasedSteps).toBeGreaterThan(0);
  expect(places.length).toBeGreaterThan(0);
});

it.each(places)(`data made up to %s comes up whole on ${dialectOfRun}`, async (last) => {
  const steps = migrations.findIndex(({ name }) => name === last) + 1;
  const fresh = await openTestDatabase();
  const old = await openEmptyDatabase();
  try {
    await makePrefix(old.database, steps);
    const before = await readRows(old.database);
    for (const { table, rows } of before) expect(rows.length, table).toBeGreaterThan(1);
    await old.database.migrate();
    const after = found(await readRows(old.database), before);
    const rest = migrations.slice(steps).map(({ name }) => name);
    for (const [table, rows] of wanted(before, rest))
      expect(after.get(table), table).toEqual(expect.arrayContaining(rows));
    expect(await formOf(old.database)).toEqual(await formOf(fresh.database));
    // And none of it is done again.
    await old.database.migrate();
    expect(found(await readRows(old.database), before)).toEqual(after);
  } finally {
    await old.close();
    await fresh.close();
  }
});
