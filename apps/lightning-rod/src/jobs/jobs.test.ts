import type { Job, ReportRow } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { openRefusing } from "../../test/machine.ts";
import { openMemory } from "../storage.ts";
import { openJobs } from "./jobs.ts";

const job = (cursor: number, more: Partial<Job> = {}): Job => ({
  id: `j${cursor}`,
  cursor,
  procedure: "board.restart",
  args: {},
  idempotent: false,
  expiresAtMs: Date.now() + 60_000,
  ...more,
});

const open = (
  storage = openMemory(),
  call: (job: Pick<Job, "procedure">) => Promise<unknown> = async () => ({}),
) => {
  const reported: string[] = [];
  const report = (row: Extract<ReportRow, { kind: "result" }>) =>
    void reported.push(`${row.id} ${row.state}`);
  return {
    storage,
    reported,
    jobs: openJobs({ storage, cloudNow: Date.now, log: silentLog, call, report }),
  };
};

describe("jobs", () => {
  it("run in order, each once, however often they are handed over", async () => {
    const called: string[] = [];
    const { jobs, reported } = open(openMemory(), async (of) => called.push(of.procedure));
    await jobs.run([job(1), job(2)]);
    await jobs.run([job(1), job(2), job(3)]);
    expect(reported).toEqual(["j1 done", "j2 done", "j3 done"]);
    expect(called).toHaveLength(3);
  });
  it("report what failed and go on with the next", async () => {
    const { jobs, reported } = open(openMemory(), async () => Promise.reject(new RangeError("no")));
    await jobs.run([job(1), job(2)]);
    expect(reported).toEqual(["j1 failed", "j2 failed"]);
  });
  it("do not run what has expired", async () => {
    const { jobs, reported } = open();
    await jobs.run([job(1, { expiresAtMs: 1 })]);
    expect(reported).toEqual(["j1 expired"]);
  });
  it.each([
    [false, ["j1 unknown", "j2 done"]],
    [true, ["j1 done", "j2 done"]],
  ])(
    "after a crash in the middle (idempotent: %s) settle honestly and go on",
    async (idempotent, expected) => {
      const storage = openMemory();
      const hanging = open(storage, () => new Promise(() => {}));
      void hanging.jobs.run([job(1, { idempotent })]);
      const again = open(storage);
      await again.jobs.run([job(1, { idempotent }), job(2)]);
      expect(again.reported).toEqual(expected);
    },
  );
  it.each(["", "{", "null", "[]", '{"cursor":"x"}', "\u0000\u0000"])(
    "with a damaged record (%j) are settled as unknown instead of run a second time; new ones run",
    async (damaged) => {
      const storage = openMemory();
      storage.write("jobs.json", damaged);
      const called: string[] = [];
      const { jobs, reported } = open(storage, async (of) => called.push(of.procedure));
      await jobs.run([job(1), job(2, { idempotent: true })]);
      await jobs.run([job(3)]);
      expect(reported).toEqual(["j1 unknown", "j2 done", "j3 done"]);
      expect(called).toHaveLength(2);
    },
  );
  it("are not run while the disk cannot note it, and run once when it can", async () => {
    const disk = openRefusing();
    const called: string[] = [];
    const { jobs } = open(disk, async (of) => called.push(of.procedure));
    disk.refuses = true;
    await expect(jobs.run([job(1)])).rejects.toMatchObject({ code: "board.storage" });
    expect(called).toEqual([]);
    disk.refuses = false;
    await jobs.run([job(1)]);
    await jobs.run([job(1)]);
    expect(called).toHaveLength(1);
  });
});
