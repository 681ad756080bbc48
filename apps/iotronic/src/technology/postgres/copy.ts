// Tables as files of JSON lines, a stretch at a time: a table of millions of rows must not stand in memory.
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
import type { PoolClient } from "pg";

/** Rows that a copy reads or writes at a time. */
export const COPIED_ROWS_LIMIT = 1_000;

/**
 * Takes the limits of time from the present transaction, which must be a copy's: as long as a table is flushed to a disk, or read
 * from one, nothing is asked of the server.
 */
export const liftLimits = async (client: PoolClient): Promise<void> => {
  await client.query(
    "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0",
  );
};

async function* rowsOf(client: PoolClient, table: string): AsyncGenerator<string> {
  await client.query(
    `declare stretch no scroll cursor for select to_jsonb(t)::text as row from ${table} t`,
  );
  for (;;) {
    const { rows } = await client.query(`fetch ${COPIED_ROWS_LIMIT} from stretch`);
    if (rows.length === 0) break;
    yield (rows as { row: string }[]).map(({ row }) => `${row}\n`).join("");
  }
  await client.query("close stretch");
}

/** Writes a table to a file that only the cloud's user may read, within a transaction. `table` as SQL names it, quoted. */
export const writeTable = (client: PoolClient, table: string, file: string): Promise<void> =>
  pipeline(rowsOf(client, table), createWriteStream(file, { mode: 0o600, flush: true }));

/** Lines of such a file, a stretch at a time. */
export async function* stretchesOf(file: string): AsyncGenerator<string[]> {
  let lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line !== "") lines.push(line);
    if (lines.length < COPIED_ROWS_LIMIT) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}

/** Inserts such lines. */
export const insertLines = async (
  client: PoolClient,
  table: string,
  lines: readonly string[],
): Promise<void> => {
  await client.query(
    `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
    [`[${lines.join(",")}]`],
  );
};
