import { expect, it } from "vitest";
import { takeCloudAway } from "./outage.ts";

it("a board whose cloud was gone for 12 s is back within 10 s by itself, reaches its target and fills the gap from its buffer", async () => {
  const report = await takeCloudAway(12_000);
  expect(report.backMs).toBeLessThan(10_000);
  expect(report.reached).toBe(true);
  expect(report.dropped).toBe(0);
  // A value every 5 s all along: without the buffer there would be a hole of 12 s and more.
  expect(report.longestGapMs).toBeLessThan(8_000);
}, 90_000);
