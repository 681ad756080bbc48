import { expect, it } from "vitest";
import { killWriters } from "./kill.ts";

it("ten kills at random moments lose no acknowledged write and leave the audit log intact", async () => {
  const seed = Date.now() % 2 ** 31;
  const report = await killWriters(10, seed);
  expect(report.acknowledged, `seed ${seed}`).toBeGreaterThan(10);
  expect(report.lost, `seed ${seed}`).toEqual([]);
  expect(report.auditFaults, `seed ${seed}`).toEqual([]);
  expect(report.slowestOpenMs).toBeLessThan(3_000);
}, 120_000);
