// Copies on a slow disk: nothing is asked of PostgreSQL while a table is flushed or read, for longer than a transaction of ours may
// otherwise stand still.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@s4t/kit";
import type { PoolClient } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyTo, takeOver } from "../src/drivers/database/postgres/copy.ts";
import {
  copyObservations,
  takeOverObservations,
} from "../src/drivers/observations/postgres/copy.ts";
import { postgresObservations } from "../src/drivers/observations/postgres/index.ts";
import {
  type Connections,
  IDLE_TRANSACTION_MS,
  openConnections,
} from "../src/technology/postgres/connections.ts";
import { openPostgresForTest, type ServerDatabase } from "./postgres.ts";

const pauseMs = IDLE_TRANSACTION_MS + 1_500;
const snapshot = "begin isolation level repeatable read read only";

let made: ServerDatabase;
let connections: Connections;
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "s4t-slow-copy-"));
  const at = await openPostgresForTest();
  made = at.server;
  await at.database.stop?.();
  const importFolder = join(folder, "import");
  const clock = systemClock;
  const observations = postgresObservations({
    ...{ url: made.url, connections: 2, importFolder, clock, log: silentLog },
  });
  await observations.start?.();
  await observations.stop?.();
  connections = openConnections({ url: made.url, connections: 2, what: "its database" });
});
afterAll(async () => {
  await connections?.end();
  await made?.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** A client that stands still once, before the first statement of this kind, as it does where its disk takes that long. */
const pausing = (client: PoolClient, before: RegExp): { client: PoolClient; paused(): boolean } => {
  let hasPaused = false;
  const query = async (text: string, values?: unknown[]) => {
    if (!hasPaused && before.test(text)) {
      hasPaused = true;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return client.query(text, values);
  };
  return { client: { ...client, query } as unknown as PoolClient, paused: () => hasPaused };
};

it.each([
  ["a backup of the database", copyTo, "database", /^close/, snapshot],
  ["a restore of the database", takeOver, "database", /^select setval/, undefined],
  ["a backup of observations", copyObservations, "observations", /^close/, snapshot],
  ["a restore of observations", takeOverObservations, "observations", /^select setval/, undefined],
])("%s outlives a disk that is slow", async (_, work, what, before, begin) => {
  let paused = () => false;
  await connections.within(
    "all",
    (client) => {
      const slow = pausing(client, before);
      paused = slow.paused;
      return work(slow.client, join(folder, what));
    },
    begin,
  );
  expect(paused()).toBe(true);
});

it("a transaction that is no copy still may not stand still", async () => {
  const idle = connections.within("all", (client) =>
    pausing(client, /^select 1/).client.query("select 1"),
  );
  await expect(idle).rejects.toMatchObject({ code: "cloud.unavailable" });
});
