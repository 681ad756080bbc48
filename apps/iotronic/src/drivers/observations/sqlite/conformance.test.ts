import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardId, ProjectId } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { observationsConformance } from "../../../ports/observations.conformance.ts";
import type { ObservationsDriver } from "../../../ports/observations.ts";
import { sqliteObservations } from "./index.ts";

// Noon: what the suite calls "the last ten hours" then lies within one day.
const noon = Date.parse("2026-11-24T12:00:00Z");
let nowMs = noon;
const clock = { ...systemClock, now: () => nowMs };
let folder = "";
let driver: ObservationsDriver;

const start = async () => {
  driver = sqliteObservations({ folder: join(folder, "data"), clock, log: silentLog });
  await driver.start?.();
  return driver;
};

observationsConformance("sqlite", {
  nowMs: () => nowMs,
  setNow: (ms) => {
    nowMs = ms;
  },
  folder: () => folder,
  place: () => join(folder, "data"),
  open: () => {
    nowMs = noon;
    folder = mkdtempSync(join(tmpdir(), "s4t-observations-"));
    return start();
  },
  reopen: start,
  close: async () => {
    await driver.stop?.();
    rmSync(folder, { recursive: true, force: true });
  },
});

describe("files of observations", () => {
  const project = "p1" as ProjectId;
  const board = "b1" as BoardId;
  const append = (atMs: number, value: number) =>
    driver.append(project, board, [{ series: "s", atMs, value }]);
  const range = () =>
    driver.range(project, board, {
      series: "s",
      fromMs: noon - 3 * 86_400_000,
      toMs: noon + 1,
      points: 4_000_000,
    });

  it("answer without a damaged day, say so, and store what comes for it from then on", async () => {
    nowMs = noon;
    folder = mkdtempSync(join(tmpdir(), "s4t-observations-"));
    await start();
    await driver.describe(project, board, { s: { unit: "1", periodS: 60 } });
    for (const back of [2, 1, 0]) await append(noon - back * 86_400_000, back);
    await driver.stop?.();
    const damagedFile = join(folder, "data", "raw-2026-11-23.sqlite");
    for (const suffix of ["-wal", "-shm"]) rmSync(damagedFile + suffix, { force: true });
    writeFileSync(damagedFile, "not a database any more ".repeat(1_000));
    await start();
    expect(await range()).toMatchObject({ mean: [2, 0], damaged: ["2026-11-23"] });
    await append(noon - 86_400_000, 7);
    expect(await range()).toMatchObject({ mean: [2, 7, 0], damaged: ["2026-11-23"] });
    const copy = join(folder, "copy");
    await driver.backup(copy);
    expect(readdirSync(copy)).toContain("raw-2026-11-22.sqlite");
    await driver.stop?.();
    rmSync(folder, { recursive: true, force: true });
  });
});
