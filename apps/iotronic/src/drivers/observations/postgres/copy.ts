// A copy of all observations as JSON lines, one file a table, of one moment; and how it is taken over.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import type { PoolClient } from "pg";
import { type Day, dayOf } from "../../../ports/observations.ts";
import {
  insertLines,
  liftLimits,
  stretchesOf,
  writeTable,
} from "../../../technology/postgres/copy.ts";
import { createDay, createMonth } from "./tables.ts";

const tables = ["series", "dropped", "days", "minutes", "hours", "points"] as const;
const fileOf = (folder: string, table: string): string => join(folder, `${table}.jsonl`);

/** Writes a copy, within a transaction that sees one moment. */
export const copyObservations = async (client: PoolClient, folder: string): Promise<void> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await liftLimits(client);
  for (const table of tables)
    await writeTable(client, `observations.${table}`, fileOf(folder, table));
};

const insert = async (
  client: PoolClient,
  table: string,
  lines: readonly string[],
  made: Set<Day>,
): Promise<void> => {
  if (table === "points" || table === "minutes" || table === "hours") {
    const days = new Set(lines.map((line) => dayOf((JSON.parse(line) as { at: number }).at)));
    for (const day of [...days].filter((each) => !made.has(each))) {
      await client.query(createDay(day) + createMonth(day));
      made.add(day);
    }
  }
  await insertLines(client, `observations.${table}`, lines);
};

/** Replaces everything by a copy, within one transaction. Throws `backup.invalid` for what is no such copy. */
export const takeOverObservations = async (client: PoolClient, folder: string): Promise<void> => {
  if (!existsSync(fileOf(folder, "series")))
    throw fail("backup.invalid", { because: "it holds no observations of PostgreSQL" });
  await liftLimits(client);
  // Sessions are no values: those of before the copy was taken over are over with it.
  await client.query(
    `truncate observations.sessions, ${tables.map((table) => `observations.${table}`).join(", ")}`,
  );
  for (const table of tables) {
    const made = new Set<Day>();
    for await (const lines of stretchesOf(fileOf(folder, table)))
      await insert(client, table, lines, made);
  }
  await client.query(
    "select setval(pg_get_serial_sequence('observations.series', 'id'), coalesce((select max(id) from observations.series), 1))",
  );
};
