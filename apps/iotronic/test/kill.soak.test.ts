import { expect, it } from "vitest";
import { killWriters } from "./kill.ts";

it("two hundred kills at random moments lose no acknowledged write and leave the audit log intact", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  // Four folders of fifty: what is compared after each kill grows with the folder.
  for (let part = 0; part < 4; part += 1) {
    const report = await killWriters(50, seed + part);
    expect(report.lost).toEqual([]);
    expect(report.auditFaults).toEqual([]);
    expect(report.slowestOpenMs).toBeLessThan(3_000);
  }
}, 3_600_000);
