import { expect, it } from "vitest";
import { killClouds } from "./kill.ts";

it("five kills of the cloud at random moments lose no acknowledged write, and it is back within 3 s", async () => {
  const seed = Date.now() % 2 ** 31;
  const report = await killClouds(5, seed);
  expect(report.acknowledged, `seed ${seed}`).toBeGreaterThan(20);
  expect(report.faults, `seed ${seed}`).toEqual([]);
  expect(report.slowestReadyMs).toBeLessThan(3_000);
}, 120_000);
