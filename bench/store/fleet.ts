// Lists over 100,000 boards of 1,000 projects, through REST, as an administrator of the whole cloud and as a member of one project.
import { ALL_PROJECTS, PROJECT_HEADER } from "@s4t/contract";
import { createDatabaseForTest } from "../../apps/iotronic/test/postgres.ts";
import { startPostgres } from "../../scripts/real/postgres.ts";
import { type BenchCloud, startCloud } from "../harness/cloud.ts";
import type { figuresOf } from "../harness/figures.ts";
import { createTimedClient, timeEach } from "../harness/latency.ts";
import { interleave, median, quantile } from "../harness/rounds.ts";
import { fillPostgres, fillSqlite, idOf, STREETS, states } from "./fill.ts";

/** Requests of one case in one round. */
const REQUESTS = 100;
const password = "a long enough password for a benchmark";

const openMember = async (cloud: BenchCloud): Promise<string> => {
  const { uuid } = await cloud.call<{ uuid: string }>("POST", "/api/users", {
    name: "member",
    password,
  });
  await cloud.call("PUT", `/api/projects/${idOf(1, 7)}/members/${uuid}`, { role: "user" });
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
  "filter by label": (n) => `&label=street=via-${n % STREETS}`,
  "substring of a name": (n) => `&text=${String(n * 37).padStart(4, "0")}`,
  "substring that many have": () => "&text=lamp",
  "in no fleet": () => `&q=${encodeURIComponent("-fleet:*")}`,
  "one of two labels": (n) =>
    `&q=${encodeURIComponent(`label.street:via-${n % STREETS} or label.street:via-${(n * 7) % STREETS}`)}`,
  "a label or a substring that many have": (n) =>
    `&q=${encodeURIComponent(`label.street:via-${n % STREETS} or lamp`)}`,
  "a last value that few have": (n) => `&q=sensor.temp=${(n % 1_000) / 10}`,
  "a last value that many have": () => `&q=${encodeURIComponent("sensor.temp>40")}`,
};

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

type Figures = ReturnType<typeof figuresOf>;

/** Measures a cloud whose tables are filled; `title` tells its figures apart. */
const measureLists = async (figure: Figures, cloud: BenchCloud, title: string): Promise<void> => {
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
            case: `100,000 boards${title}, ${role}: ${name}`,
            metric,
            value: median(rounds.map((round) => quantile(round, share))),
            unit: "ms",
          });
    }
  } finally {
    client.close();
  }
};

const measureOnPostgres = async (figure: Figures, server: string): Promise<void> => {
  process.env.TEST_POSTGRES = server;
  const { url, drop } = await createDatabaseForTest();
  const args = ["--database.driver", "postgres", "--database.postgres.url", url];
  try {
    const empty = await startCloud({ keepFolder: true, args });
    await empty.stop();
    const database = new URL(server);
    database.pathname = new URL(url).pathname;
    await fillPostgres(database.href);
    const cloud = await startCloud({ folder: empty.folder, args });
    try {
      await measureLists(figure, cloud, ", PostgreSQL");
    } finally {
      await cloud.stop();
    }
  } finally {
    await drop();
  }
};

/** Measures and prints all of it; says on standard error what this machine lacks for a part. */
export const measureFleet = async (figure: Figures): Promise<void> => {
  const empty = await startCloud({ keepFolder: true });
  await empty.stop();
  fillSqlite(empty.folder);
  const cloud = await startCloud({ folder: empty.folder });
  try {
    await measureLists(figure, cloud, "");
  } finally {
    await cloud.stop();
  }
  const postgres = await startPostgres((line) => console.error(line));
  if (!postgres) return console.error("No PostgreSQL here: its lists are missing.");
  try {
    await measureOnPostgres(figure, postgres.url);
  } finally {
    await postgres.stop();
  }
};
