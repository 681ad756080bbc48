import { expect, it } from "vitest";
import { killClouds } from "./kill.ts";

/** Rounds; each writes until at least one write was acknowledged. */
const rounds = 5;

it("five kills of the cloud at random moments lose no acknowledged write, and it is soon back", async () => {
  const seed = Date.now() % 2 ** 31;
  const report = await killClouds(rounds, seed);
  expect(report.acknowledged, `seed ${seed}`).toBeGreaterThanOrEqual(rounds);
  expect(report.faults, `seed ${seed}`).toEqual([]);
  // The figure, 3 s, is for the soak and a machine of its own: this is for one that does five things at once.
  expect(report.slowestReadyMs).toBeLessThan(15_000);
}, 120_000);
