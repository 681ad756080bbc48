// A copy of all observations as JSON lines, one file a table, of one moment; and how it is taken over.
import { createReadStream, createWriteStream, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import { fail } from "@s4t/contract";
import type { PoolClient } from "pg";
import { type Day, dayOf } from "../../../ports/observations.ts";
import { createDay, createMonth } from "./tables.ts";

/** Rows that a copy reads or writes at a time: bounds its memory. */
export const OBSERVATIONS_COPIED_ROWS_LIMIT = 5_000;
const tables = ["series", "dropped", "days", "minutes", "hours", "points"] as const;
const fileOf = (folder: string, table: string): string => join(folder, `${table}.jsonl`);

async function* rowsOf(client: PoolClient, table: string): AsyncGenerator<string> {
  await client.query(
    `declare stretch no scroll cursor for select to_jsonb(t)::text as row from observations.${table} t`,
  );
  for (;;) {
    const { rows } = await client.query(`fetch ${OBSERVATIONS_COPIED_ROWS_LIMIT} from stretch`);
    if (rows.length === 0) break;
    yield (rows as { row: string }[]).map(({ row }) => `${row}\n`).join("");
  }
  await client.query("close stretch");
}

/** Writes a copy, within a transaction that sees one moment. */
export const copyObservations = async (client: PoolClient, folder: string): Promise<void> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await client.query("set local statement_timeout = 0");
  for (const table of tables)
    await pipeline(
      rowsOf(client, table),
      createWriteStream(fileOf(folder, table), { mode: 0o600, flush: true }),
    );
};

const insert = async (
  client: PoolClient,
  table: string,
  lines: readonly string[],
  made: Set<Day>,
): Promise<void> => {
  if (lines.length === 0) return;
  if (table === "points" || table === "minutes" || table === "hours") {
    const days = new Set(lines.map((line) => dayOf((JSON.parse(line) as { at: number }).at)));
    for (const day of [...days].filter((each) => !made.has(each))) {
      await client.query(createDay(day) + createMonth(day));
      made.add(day);
    }
  }
  await client.query(
    `insert into observations.${table} select * from jsonb_populate_recordset(null::observations.${table}, $1::jsonb)`,
    [`[${lines.join(",")}]`],
  );
};

/** Replaces everything by a copy, within one transaction. Throws `backup.invalid` for what is no such copy. */
export const takeOverObservations = async (client: PoolClient, folder: string): Promise<void> => {
  if (!existsSync(fileOf(folder, "series")))
    throw fail("backup.invalid", { because: "it holds no observations of PostgreSQL" });
  await client.query("set local statement_timeout = 0");
  await client.query(`truncate ${tables.map((table) => `observations.${table}`).join(", ")}`);
  for (const table of tables) {
    const made = new Set<Day>();
    let lines: string[] = [];
    for await (const line of createInterface({ input: createReadStream(fileOf(folder, table)) })) {
      if (line !== "") lines.push(line);
      if (lines.length < OBSERVATIONS_COPIED_ROWS_LIMIT) continue;
      await insert(client, table, lines, made);
      lines = [];
    }
    await insert(client, table, lines, made);
  }
  await client.query(
    "select setval(pg_get_serial_sequence('observations.series', 'id'), coalesce((select max(id) from observations.series), 1))",
  );
};
