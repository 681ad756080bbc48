// The migrations, on the database that the run is about: what they make is what the types say, from wherever one starts.
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import ts from "typescript";
import { afterEach, expect, it } from "vitest";
import { openTestDatabase, type TestDatabase } from "../../test/database.ts";
import { everything } from "../policy/index.ts";
import { applyMigrations, migrations } from "./index.ts";
import type { Schema } from "./schema.ts";

interface Column {
  readonly kind: "text" | "number";
  readonly nullable: boolean;
}
type Tables = Record<string, Record<string, Column>>;

const opened: TestDatabase[] = [];
afterEach(async () => {
  for (const test of opened.splice(0)) await test.close();
});

const columnOf = (type: string): Column => ({
  kind: /\bnumber\b/.test(type) ? "number" : "text",
  nullable: /\bnull\b|^Later</.test(type),
});

/** Tables as `schema/*.ts` declares them. */
const declaredTables = (): Tables => {
  const tables: Tables = {};
  for (const file of globSync(join(import.meta.dirname, "schema/*.ts"))) {
    const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
    for (const statement of source.statements) {
      if (!ts.isInterfaceDeclaration(statement)) continue;
      for (const table of statement.members) {
        if (!(ts.isPropertySignature(table) && table.type && ts.isTypeLiteralNode(table.type)))
          throw new Error(`${file}: a table that this test cannot read`);
        tables[table.name.getText(source)] = Object.fromEntries(
          table.type.members.map((column) => {
            if (!(ts.isPropertySignature(column) && column.type)) throw new Error(file);
            return [column.name.getText(source), columnOf(column.type.getText(source))];
          }),
        );
      }
    }
  }
  return tables;
};

const columnsQuery = {
  sqlite: sql<{ table: string; name: string; type: string; nullable: number }>`
    select m.name as "table", c.name as name, c.type as type, c."notnull" = 0 and c.pk = 0 as nullable
    from pragma_table_list m join pragma_table_info(m.name) c
    where m.schema = 'main' and m.type = 'table' and m.name not like 'sqlite_%'`,
  postgres: sql<{ table: string; name: string; type: string; nullable: boolean }>`
    select table_name as "table", column_name as name, data_type as type, is_nullable = 'YES' as nullable
    from information_schema.columns where table_schema = current_schema() and table_name not in (
      select relname from pg_class where obj_description(oid, 'pg_class') = 'derived')`,
};

/** Tables as the database has them. */
const madeTables = (test: TestDatabase): Promise<Tables> =>
  test.database.read(everything, async ({ queries, dialect }) => {
    const { rows } = await columnsQuery[dialect].execute(queries);
    const tables: Tables = {};
    for (const { table, name, type, nullable } of rows) {
      if (table === "schema_migrations") continue;
      tables[table] = {
        ...tables[table],
        [name]: {
          kind: /int|double|real/i.test(type) ? "number" : "text",
          nullable: Boolean(nullable),
        },
      };
    }
    return tables;
  });

const open = async (): Promise<TestDatabase> => {
  const test = await openTestDatabase();
  opened.push(test);
  return test;
};

it("make exactly the tables that the types declare", async () => {
  expect(await madeTables(await open())).toEqual(declaredTables());
});

it("stand in the order of their names, which no two share", () => {
  const names = migrations.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)].sort());
  const files = globSync(join(import.meta.dirname, "2*.ts")).map((file) =>
    file.slice(import.meta.dirname.length + 1, -".ts".length),
  );
  expect(names).toEqual(files.sort());
});

// Somebody's data has been through them: an edit would leave that data in a form that no list of steps leads to.
it("are never edited once they have landed", () => {
  const read = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8");
  const landed = read("landed.sha256").split("\n").slice(0, -1);
  const now = migrations.map(({ name }) => {
    const text = read(`${name}.ts`);
    // What a step says must stand in its own file: what it imported could change behind it.
    expect([...text.matchAll(/ from "(.+)";/g)].map(([, from]) => from)).toEqual(
      ["kysely", "./migration.ts"].filter((from) => text.includes(`"${from}"`)),
    );
    return `${createHash("sha256").update(text).digest("hex")}  ${name}.ts`;
  });
  expect(
    now,
    "An edited one: put it back and write a new step. A new one: (cd apps/iotronic/src/migrations && sha256sum NAME.ts >> landed.sha256)",
  ).toEqual(landed);
});

it("change nothing when they have run", async () => {
  const test = await open();
  const before = await madeTables(test);
  await test.database.migrate();
  expect(await madeTables(test)).toEqual(before);
});

it("refuse data that knows one more, and leave it alone", async () => {
  const test = await open();
  await test.database.write(everything, ({ queries }) =>
    sql`insert into schema_migrations values ('20991231-2359-later', 1)`.execute(queries),
  );
  await expect(test.database.migrate()).rejects.toMatchObject({
    code: "data.newer",
    details: { version: "20991231-2359-later" },
  });
});

it("undo a step that fails half-way, and go on from there when it is mended", async () => {
  const test = await open();
  const bad = {
    name: "29991231-2359-bad",
    up: async (schema: Kysely<Schema>): Promise<void> => {
      await sql`create table half_made (a integer)`.execute(schema);
      throw new RangeError("half-way");
    },
  };
  const mended = {
    name: bad.name,
    up: async (schema: Kysely<Schema>) => {
      await sql`create table half_made (b integer)`.execute(schema);
    },
  };
  const attempt = (last: typeof bad) =>
    test.database.write(everything, ({ queries, dialect }) =>
      applyMigrations(
        queries,
        dialect,
        {
          begin: async () => void (await sql`savepoint step`.execute(queries)),
          commit: async () => void (await sql`release savepoint step`.execute(queries)),
          rollback: async () => void (await sql`rollback to savepoint step`.execute(queries)),
        },
        [...migrations, last],
      ),
    );
  await expect(attempt(bad)).rejects.toThrow("half-way");
  await attempt(mended);
  expect((await madeTables(test)).half_made).toEqual({ b: { kind: "number", nullable: true } });
});
