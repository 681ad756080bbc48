// The last value of each series of each board.
import { sql } from "kysely";
import type { Scope } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";

export type LatestRow = readonly [
  project: string,
  board: string,
  series: string,
  value: number,
  atMs: number,
];

/** Puts them there, one for each board and series at most; what is known of later stays. */
export const setLatest = async (
  _scope: Scope,
  { dialect, queries }: Tx,
  rows: readonly LatestRow[],
): Promise<void> => {
  const text = JSON.stringify(rows);
  // One value for all rows: neither has a limit of them then, and the statement is the same each time.
  const given =
    dialect === "sqlite"
      ? sql`select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 from json_each(${text}) where true`
      : sql`select v ->> 0, v ->> 1, v ->> 2, (v ->> 3)::double precision, (v ->> 4)::bigint from jsonb_array_elements(${text}::jsonb) as v`;
  await sql`insert into boards_values (project_id, board_id, series, value, at) ${given}
    on conflict (board_id, series) do update set value = excluded.value, at = excluded.at
    where excluded.at >= boards_values.at`.execute(queries);
};
