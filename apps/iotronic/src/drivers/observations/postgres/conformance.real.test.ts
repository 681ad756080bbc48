import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardId, ProjectId } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDatabaseForTest } from "../../../../test/postgres.ts";
import { observationsConformance } from "../../../ports/observations.conformance.ts";
import type { ObservationsDriver } from "../../../ports/observations.ts";
import { postgresObservations } from "./index.ts";

const noon = Date.parse("2026-11-24T12:00:00Z");
let nowMs = noon;
const clock = { ...systemClock, now: () => nowMs };
let made: Awaited<ReturnType<typeof createDatabaseForTest>>;
let driver: ObservationsDriver;
let folder = "";

const start = async () => {
  driver = postgresObservations({
    url: made.url,
    connections: 4,
    importFolder: join(folder, "import"),
    clock,
    log: silentLog,
  });
  await driver.start?.();
  return driver;
};

const open = async () => {
  nowMs = noon;
  folder = mkdtempSync(join(tmpdir(), "s4t-observations-"));
  made = await createDatabaseForTest();
  return start();
};
const close = async () => {
  await driver.stop?.();
  await made.drop();
  rmSync(folder, { recursive: true, force: true });
};

observationsConformance("postgres", {
  nowMs: () => nowMs,
  setNow: (ms) => {
    nowMs = ms;
  },
  folder: () => folder,
  place: () => made.url,
  open,
  reopen: start,
  close,
});

describe("a session that begins on another cloud, between an older one's look and its commit", () => {
  const project = "p1" as ProjectId;
  const board = "b1" as BoardId;
  let another: Client;
  beforeEach(async () => {
    await open();
    await driver.describe(project, board, { s: { unit: "1", periodS: 60 } });
    await driver.open(board, 1);
    another = new Client({ connectionString: made.url });
    await another.connect();
    await another.query("begin");
  });
  afterEach(async () => {
    await another.end();
    await close();
  });
  const append = () => driver.append(project, board, [{ series: "s", atMs: noon, value: 1 }], 1);
  const latest = async () => (await driver.series(project, board))[0]?.latest;
  /** Whether it has ended within a moment in which it would, if nothing held it. */
  const isOver = (work: Promise<unknown>) =>
    Promise.race([
      work.then(
        () => true,
        () => true,
      ),
      new Promise((resolve) => setTimeout(() => resolve(false), 300)),
    ]);

  it("voids what the older one is about to store", async () => {
    await another.query("update observations.sessions set epoch = 2 where board = $1", [board]);
    const late = append();
    late.catch(() => {});
    expect(await isOver(late)).toBe(false);
    await another.query("commit");
    await expect(late).rejects.toMatchObject({ code: "link.superseded" });
    expect(await latest()).toBeNull();
  });

  it("begins only after what the older one stores at that moment", async () => {
    await another.query("select epoch from observations.sessions where board = $1 for share", [
      board,
    ]);
    const opening = driver.open(board, 2);
    expect(await isOver(opening)).toBe(false);
    await another.query("commit");
    await opening;
    await expect(append()).rejects.toMatchObject({ code: "link.superseded" });
  });
});
