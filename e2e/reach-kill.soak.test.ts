import { expect, it } from "vitest";
import { killWhileReaching } from "./reach-kill.ts";

/** New streams by themselves, once both ends are there. */
const BACK_WITHIN_MS = 5_000;

it("a hundred kills of either end and of the command line: no connection lies, new ones work within 5 s, and each has its end on record", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const report = await killWhileReaching(100, seed, { isPatient: true });
  console.log(JSON.stringify(report));
  expect(report.faults).toEqual([]);
  expect(report.left.cloud).toBeLessThanOrEqual(2);
  expect(report.left.agent).toBeLessThanOrEqual(2);
  expect(Math.max(...Object.values(report.slowestMs))).toBeLessThan(BACK_WITHIN_MS);
}, 3_600_000);
