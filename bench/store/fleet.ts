// Lists over 100,000 boards of 1,000 projects, through REST, as an administrator of the whole cloud and as a member of one project.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ALL_PROJECTS, PROJECT_HEADER } from "@s4t/contract";
import { type BenchCloud, startCloud } from "../harness/cloud.ts";
import type { figuresOf } from "../harness/figures.ts";
import { createTimedClient, timeEach } from "../harness/latency.ts";
import { interleave, median, quantile } from "../harness/rounds.ts";

const BOARDS = 100_000;
const PROJECTS = 1_000;
/** Requests of one case in one round. */
const REQUESTS = 100;
const states = ["online", "offline", "degraded", "new", "retired"] as const;
const password = "a long enough password for a benchmark";

const id = (kind: number, n: number): string =>
  `0192f0a${kind}-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

/** Fills the tables behind a stopped cloud's back: through the API it would take minutes, and nothing of it is measured. */
const fill = (folder: string): void => {
  const database = new DatabaseSync(join(folder, "database/cloud.sqlite"));
  const project = database.prepare(
    "insert into identity_projects (uuid, name, rev, description, created_at, updated_at) values (?, ?, 1, '', 0, 0)",
  );
  const board = database.prepare(
    `insert into boards (uuid, project_id, name, rev, status, description, labels, settings, search, features, simulated, epoch,
      connected, last_seen_at, target_wanted, target_reached, failed_entries, created_at, updated_at)
     values (?, ?, ?, 1, ?, '', ?, '{}', ?, '["board","sensors","link"]', 0, 1, 0, ?, 1, 1, 0, ?, ?)`,
  );
  database.exec("BEGIN");
  for (let n = 0; n < PROJECTS; n += 1) project.run(id(1, n), `district-${n}`);
  for (let n = 0; n < BOARDS; n += 1) {
    const name = `lamp-${String((n * 7_919) % BOARDS).padStart(6, "0")}`;
    board.run(
      id(2, n),
      id(1, n % PROJECTS),
      name,
      states[n % states.length] ?? "new",
      JSON.stringify({ street: `via-${n % 500}` }),
      `${name} ${id(2, n)} 10.0.${n % 250}.${n % 199}  `,
      1_700_000_000_000 + n,
      1_600_000_000_000 + n,
      1_600_000_000_000 + n,
    );
  }
  database.exec(
    "insert into boards_labels (project_id, board_id, name, value) select project_id, uuid, l.key, l.value from boards, json_each(labels) as l",
  );
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
};

const openMember = async (cloud: BenchCloud): Promise<string> => {
  const { uuid } = await cloud.call<{ uuid: string }>("POST", "/api/users", {
    name: "member",
    password,
  });
  await cloud.call("PUT", `/api/projects/${id(1, 7)}/members/${uuid}`, { role: "user" });
  const { token } = await cloud.call<{ token: string }>("POST", "/api/session", {
    method: "password",
    name: "member",
    password,
  });
  return token;
};

/** Different places of the list in turn, so that no page is the one just read. */
const cases: Readonly<Record<string, (n: number) => string>> = {
  "page of 50": () => "",
  "page of 50 by last seen": () => "&sort=-seen",
  "filter by state": (n) => `&status=${states[n % states.length]}`,
  "filter by two states": () => "&status=online,offline",
  "filter by label": (n) => `&label=street=via-${n % 500}`,
  "substring of a name": (n) => `&text=${String(n * 37).padStart(4, "0")}`,
  "substring that many have": () => "&text=lamp",
};

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

/** Measures and prints all of it. */
export const measureFleet = async (figure: ReturnType<typeof figuresOf>): Promise<void> => {
  const empty = await startCloud({ keepFolder: true });
  await empty.stop();
  const { folder } = empty;
  fill(folder);
  const cloud = await startCloud({ folder });
  const client = createTimedClient();
  try {
    const roles = {
      administrator: { token: cloud.token, headers: { [PROJECT_HEADER]: ALL_PROJECTS } },
      member: { token: await openMember(cloud), headers: {} },
    };
    for (const [role, { token, headers }] of Object.entries(roles)) {
      const ask = (query: string) =>
        client.ask({
          method: "GET",
          url: `${cloud.url}/api/boards?limit=50${query}`,
          token,
          headers,
        });
      const first = (await (
        await fetch(`${cloud.url}/api/boards?limit=50`, {
          headers: { authorization: `Bearer ${token}`, ...headers },
        })
      ).json()) as Page;
      if (first.items.length !== 50 || first.next === null)
        throw new TypeError("the list is not what was filled in");
      const contenders = Object.fromEntries(
        Object.entries({
          ...cases,
          "second page of 50": (_n: number) => `&after=${first.next}`,
        }).map(([name, query]) => [name, () => timeEach(REQUESTS, (n) => ask(query(n)))]),
      );
      for (const warm of Object.values(contenders)) await warm();
      const tookMs = await interleave<string, number[]>(contenders);
      for (const [name, rounds] of Object.entries(tookMs))
        for (const [metric, share] of [
          ["p50", 0.5],
          ["p99", 0.99],
        ] as const)
          figure({
            case: `100,000 boards, ${role}: ${name}`,
            metric,
            value: median(rounds.map((round) => quantile(round, share))),
            unit: "ms",
          });
    }
  } finally {
    client.close();
    await cloud.stop();
  }
};
