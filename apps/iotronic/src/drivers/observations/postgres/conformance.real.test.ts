import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@s4t/kit";
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

observationsConformance("postgres", {
  nowMs: () => nowMs,
  setNow: (ms) => {
    nowMs = ms;
  },
  folder: () => folder,
  place: () => made.url,
  open: async () => {
    nowMs = noon;
    folder = mkdtempSync(join(tmpdir(), "s4t-observations-"));
    made = await createDatabaseForTest();
    return start();
  },
  reopen: start,
  close: async () => {
    await driver.stop?.();
    await made.drop();
    rmSync(folder, { recursive: true, force: true });
  },
});
