import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemClock } from "@s4t/kit";
import { observationsConformance } from "../../../ports/observations.conformance.ts";
import type { ObservationsDriver } from "../../../ports/observations.ts";
import { sqliteObservations } from "./index.ts";

// Noon: what the suite calls "the last ten hours" then lies within one day.
const noon = Date.parse("2026-11-24T12:00:00Z");
const clock = { ...systemClock, now: () => noon };
let folder = "";
let driver: ObservationsDriver;

const start = async () => {
  driver = sqliteObservations({ folder, clock, log: silentLog });
  await driver.start?.();
  return driver;
};

observationsConformance("sqlite", {
  nowMs: () => noon,
  open: () => {
    folder = mkdtempSync(join(tmpdir(), "s4t-observations-"));
    return start();
  },
  reopen: start,
  close: async () => {
    await driver.stop?.();
    rmSync(folder, { recursive: true, force: true });
  },
});
