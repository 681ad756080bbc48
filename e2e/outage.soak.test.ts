import { expect, it } from "vitest";
import { takeCloudAway } from "./outage.ts";

it("a board whose cloud was gone for a minute is back within 10 s by itself, ten times, and fills each gap from its buffer", async () => {
  for (let round = 0; round < 10; round += 1) {
    const report = await takeCloudAway(60_000);
    expect(report.backMs).toBeLessThan(10_000);
    expect(report.reached).toBe(true);
    expect(report.dropped).toBe(0);
    expect(report.longestGapMs).toBeLessThan(8_000);
  }
}, 1_800_000);
