// 100,000 boards of 1,000 projects, put into the tables behind a stopped cloud's back: through the API it would take minutes, and
// nothing of it is measured.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openConnections } from "../../apps/iotronic/src/technology/postgres/connections.ts";

export const BOARDS = 100_000;
export const PROJECTS = 1_000;
/** Streets that boards are labelled with. */
export const STREETS = 500;
/** Of so many boards one is in no fleet. */
export const FLEETLESS = 4_001;
export const states = ["online", "offline", "degraded", "new", "retired"] as const;

export const idOf = (kind: number, n: number): string =>
  `0192f0a${kind}-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

/** SQL of one dialect for the few things that both say differently. `n` counts from 0. */
interface Words {
  readonly numbers: (count: number) => string;
  /** With zeros in front, to a length. */
  readonly decimal: (expression: string, length: number) => string;
  readonly hex: (expression: string, length: number) => string;
  readonly members: string;
}

const statementsIn = ({ numbers, decimal, hex, members }: Words): readonly string[] => {
  const id = (kind: number, n: string) => `'0192f0a${kind}-0000-7000-8000-' || ${hex(n, 12)}`;
  const name = `'lamp-' || ${decimal(`(n * 7919) % ${BOARDS}`, 6)}`;
  const state = `case n % 5 ${states.map((each, i) => `when ${i} then '${each}'`).join(" ")} end`;
  return [
    `insert into identity_projects (uuid, name, rev, description, created_at, updated_at)
     select ${id(1, "n")}, 'district-' || n, 1, '', 0, 0 from ${numbers(PROJECTS)}`,
    `insert into boards (uuid, project_id, name, rev, status, description, labels, settings, search, features, simulated, epoch,
       connected, last_seen_at, target_wanted, target_reached, failed_entries, created_at, updated_at)
     select ${id(2, "n")}, ${id(1, `(n % ${PROJECTS})`)}, ${name}, 1, ${state}, '',
       '{"street":"via-' || (n % ${STREETS}) || '"}', '{}',
       ${name} || ' ' || ${id(2, "n")} || ' 10.0.' || (n % 250) || '.' || (n % 199) || '  ',
       '["board","sensors","link"]', 0, 1, 0, 1700000000000 + n, 1, 1, 0, 1600000000000 + n, 1600000000000 + n
     from ${numbers(BOARDS)}`,
    `insert into boards_labels (project_id, board_id, name, value)
     select project_id, uuid, l.key, l.value from boards, ${members} as l`,
    `insert into fleets (uuid, project_id, name, rev, description, labels, created_at, updated_at)
     select ${id(3, "n")}, ${id(1, "n")}, 'all', 1, '', '{}', 0, 0 from ${numbers(PROJECTS)}`,
    // All but a few boards are in one: to find those few is what is asked.
    `insert into boards_fleets (project_id, board_id, fleet_id, priority)
     select b.project_id, b.uuid, f.uuid, 0 from boards as b join fleets as f on f.project_id = b.project_id
     where b.created_at % ${FLEETLESS} <> 0`,
    `update boards set in_fleets = 1 where created_at % ${FLEETLESS} <> 0`,
    `insert into boards_values (project_id, board_id, series, value, at)
     select project_id, uuid, 'temp', (created_at % 1000) / 10.0, 4000000000000 from boards`,
  ];
};

export const fillSqlite = (folder: string): void => {
  const database = new DatabaseSync(join(folder, "database/cloud.sqlite"));
  for (const statement of statementsIn({
    numbers: (count) =>
      `(with recursive s(n) as (select 0 union all select n + 1 from s where n < ${count - 1}) select n from s)`,
    decimal: (expression, length) => `printf('%0${length}d', ${expression})`,
    hex: (expression, length) => `printf('%0${length}x', ${expression})`,
    members: "json_each(labels)",
  }))
    database.exec(statement);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
};

/** `url` is the server's superuser's, at the cloud's database: row-level security does not hold it. */
export const fillPostgres = async (url: string): Promise<void> => {
  const connections = openConnections({ url, connections: 1, what: "the benchmark's database" });
  try {
    await connections.alone(async (client) => {
      for (const statement of statementsIn({
        numbers: (count) => `generate_series(0, ${count - 1}) as n`,
        decimal: (expression, length) => `lpad((${expression})::text, ${length}, '0')`,
        hex: (expression, length) => `lpad(to_hex(${expression}), ${length}, '0')`,
        members: "json_each_text(labels::json)",
      }))
        await client.query(statement);
      await client.query("analyze");
    });
  } finally {
    await connections.end();
  }
};
