import { expect, it } from "vitest";
import { killClouds } from "./kill.ts";

it("two hundred kills of the cloud at random moments lose no acknowledged write, and it is back within 3 s", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const faults: string[] = [];
  let slowestReadyMs = 0;
  // Eight folders of twenty-five: what is compared after each kill grows with the folder.
  for (let part = 0; part < 8; part += 1) {
    const report = await killClouds(25, seed + part);
    console.log(
      `${report.acknowledged} acknowledged, ready after at most ${report.slowestReadyMs.toFixed(0)} ms`,
    );
    faults.push(...report.faults);
    slowestReadyMs = Math.max(slowestReadyMs, report.slowestReadyMs);
  }
  expect(faults).toEqual([]);
  expect(slowestReadyMs).toBeLessThan(3_000);
}, 3_600_000);
