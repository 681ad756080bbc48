import { fail, type ProjectId } from "@s4t/contract";
import { silentLog } from "@s4t/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManualClock, type ManualClock } from "../../../../../packages/kit/test/clock.ts";
import { openTestDatabase, type TestDatabase } from "../../../test/database.ts";
import { noErrands } from "../../edge/errands.ts";
import { silentMetrics } from "../../edge/metrics.ts";
import { systemActor, within } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import { createChanges } from "../changes/index.ts";
import { createOperations } from "./index.ts";
import { HANDED_OVER_GRACE_MS, OPERATION_EXPIRY_MS } from "./operations.ts";
import { END_PAUSE_MS } from "./run.ts";
import { ROWS_AT_ONCE } from "./steps.ts";

const project = "01a21ab2-0000-7000-8000-000000000001" as ProjectId;
const board = "01a21ab2-0000-7000-8000-000000000002";
const scope = within(project);
const lifeMs = 60_000;

let test: TestDatabase;
let clock: ManualClock;
beforeEach(async () => {
  test = await openTestDatabase();
  clock = createManualClock();
});
afterEach(() => test.close());

const open = async (database: Database = test.database) => {
  const changes = createChanges({ database: test.database, clock });
  await changes.start?.();
  const operations = createOperations({
    ...{ database, clock, changes, log: silentLog },
    ...{ metrics: silentMetrics, errands: noErrands },
    tracing: { kept: () => undefined },
  });
  await operations.start?.();
  const job = () =>
    test.database.write(scope, (tx) =>
      operations.open(tx, {
        actor: systemActor,
        project,
        name: "board.restart",
        board,
        job: {
          procedure: "board.restart",
          args: {},
          idempotent: false,
          expiresAtMs: clock.now() + lifeMs,
        },
      }),
    );
  const state = async (uuid: string) => (await operations.get(scope, uuid)).status;
  /** Lets time pass, and one more round of expiry be written: its timer is set again only after the round before. */
  const pass = async (ms: number) => {
    for (const step of [ms, OPERATION_EXPIRY_MS]) {
      clock.advance(step);
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  };
  return { operations, job, state, pass };
};

describe("the lane of jobs", () => {
  it("hands jobs over in order, again from wherever the board is, until they are settled", async () => {
    const { operations, job } = await open();
    const made = [await job(), await job(), await job()];
    const first = await operations.jobsFor(project, board, { after: 0, limit: 2 });
    expect(first.jobs.map(({ id }) => id)).toEqual(made.slice(0, 2).map(({ uuid }) => uuid));
    expect(first.more).toBe(true);
    const again = await operations.jobsFor(project, board, {
      after: first.jobs[0]?.cursor ?? 0,
      limit: 10,
    });
    expect(again.jobs.map(({ id }) => id)).toEqual(made.slice(1).map(({ uuid }) => uuid));
    await operations.settle(scope, made[1]?.uuid ?? "", { state: "done" });
    const rest = await operations.jobsFor(project, board, {
      after: first.jobs[0]?.cursor ?? 0,
      limit: 10,
    });
    expect(rest.jobs.map(({ id }) => id)).toEqual([made[2]?.uuid]);
  });
  it("hands nothing over to a session that is over by then", async () => {
    const { operations, job, state } = await open();
    const { uuid } = await job();
    const hold = () => Promise.reject(fail("link.superseded"));
    await expect(
      operations.jobsFor(project, board, { after: 0, limit: 1, hold }),
    ).rejects.toMatchObject({ code: "link.superseded" });
    expect(await state(uuid)).toBe("queued");
  });
  it("takes back what waits, and says that it cannot once the board has it", async () => {
    const { operations, job, state } = await open();
    const [waiting, given] = [await job(), await job()];
    await operations.cancel(systemActor, scope, waiting.uuid);
    expect(await state(waiting.uuid)).toBe("canceled");
    const { jobs } = await operations.jobsFor(project, board, { after: 0, limit: 10 });
    expect(jobs.map(({ id }) => id)).toEqual([given.uuid]);
    expect(await state(given.uuid)).toBe("running");
    await expect(operations.cancel(systemActor, scope, given.uuid)).rejects.toMatchObject({
      code: "operation.finished",
    });
  });
  it("ends what waits for a board that is retired, and leaves what the board has", async () => {
    const { operations, job, state } = await open();
    const given = await job();
    await operations.jobsFor(project, board, { after: 0, limit: 10 });
    const waiting = await job();
    await test.database.write(scope, (tx) =>
      operations.cancelWaiting(tx, systemActor, project, board),
    );
    expect([await state(given.uuid), await state(waiting.uuid)]).toEqual(["running", "canceled"]);
  });
  it("of a retired board may be as long as it likes: what one transaction does not take ends soon after", async () => {
    const { operations, job, state } = await open();
    const made: string[] = [];
    for (let i = 0; i < ROWS_AT_ONCE * 2 + 1; i += 1) made.push((await job()).uuid);
    const ended: number[] = [];
    const end = async (uuid: string) => (await state(uuid)) === "canceled";
    await test.database.write(scope, async (tx) => {
      await operations.cancelWaiting(tx, systemActor, project, board);
      const rows = await tx.queries
        .selectFrom("operations")
        .select("uuid")
        .where("status", "=", "canceled")
        .execute();
      ended.push(rows.length);
    });
    expect(ended).toEqual([ROWS_AT_ONCE]);
    await expect.poll(() => end(made.at(-1) ?? ""), { timeout: 10_000 }).toBe(true);
    expect((await operations.jobsFor(project, board, { after: 0, limit: 10 })).jobs).toEqual([]);
    await operations.stop?.();
  });
  it("expires what no board fetched; what one had becomes unknown, and a late report settles it", async () => {
    const { operations, job, state, pass } = await open();
    const given = await job();
    await operations.jobsFor(project, board, { after: 0, limit: 10 });
    const waiting = await job();
    await pass(lifeMs);
    expect(await state(waiting.uuid)).toBe("expired");
    expect(await state(given.uuid)).toBe("running");
    await pass(HANDED_OVER_GRACE_MS);
    expect(await state(given.uuid)).toBe("unknown");
    await operations.settle(scope, given.uuid, { state: "done", result: { ok: true } });
    expect(await state(given.uuid)).toBe("done");
  });
  it("goes on rising after jobs were lost with a restored backup", async () => {
    const { operations, job } = await open();
    await job();
    const [before] = (await operations.jobsFor(project, board, { after: 0, limit: 1 })).jobs;
    await test.database.write(scope, (tx) => tx.queries.deleteFrom("operations").execute());
    clock.advance(1_000);
    const next = await job();
    const { jobs } = await operations.jobsFor(project, board, {
      after: before?.cursor ?? 0,
      limit: 1,
    });
    expect(jobs.map(({ id }) => id)).toEqual([next.uuid]);
  });
});

describe("work that a request waits for", () => {
  /** Writes take their time, as on a slow disk. */
  const slow = (): Database => ({
    ...test.database,
    read: (...given) => test.database.read(...given),
    async write(...given) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return test.database.write(...given);
    },
  });
  const work = {
    operation: { actor: systemActor, project, name: "board.info", board },
    alongside: async () => {},
    signal: new AbortController().signal,
  };

  it("is found ended by whoever heard of its end, before that could be stored", async () => {
    const { operations } = await open(slow());
    const { body } = await operations.run({
      ...work,
      ...{ waitMs: 1_000, early: true, work: async () => "done at once" },
    });
    expect(await operations.get(scope, body.uuid)).toMatchObject({
      status: "done",
      result: "done at once",
    });
    const { items } = await operations.list(scope, {});
    expect(items.map(({ status }) => status)).toEqual(["done"]);
  });

  it("has its end stored a moment later, with others that came meanwhile, or at once for whoever asks", async () => {
    const { operations } = await open();
    const run = async () =>
      (
        await operations.run({
          ...work,
          ...{ waitMs: 1_000, early: true, work: async () => "done at once" },
        })
      ).body.uuid;
    /** As the tables have it, without asking the module. */
    const stored = async () => {
      const rows = await test.database.read(scope, ({ queries }) =>
        queries.selectFrom("operations").select("status").execute(),
      );
      return rows.map(({ status }) => status);
    };
    await run();
    clock.advance(END_PAUSE_MS - 1);
    const second = await run();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await stored()).toEqual(["running", "running"]);
    clock.advance(1);
    await expect.poll(stored).toEqual(["done", "done"]);
    expect((await operations.get(scope, second)).status).toBe("done");
    const third = await run();
    expect(await stored()).toContain("running");
    expect((await operations.get(scope, third)).status).toBe("done");
  });

  it("is answered once it is recorded, and told to stop and why where it cannot be", async () => {
    const recorded: string[] = [];
    const { operations } = await open(slow());
    await operations.run({
      ...work,
      alongside: async () => void recorded.push("recorded"),
      ...{ waitMs: 1_000, early: true, work: async () => "done at once" },
    });
    expect(recorded).toEqual(["recorded"]);
    expect((await operations.list(scope, {})).items).toHaveLength(1);
    for (const takes of ["no time", "longer than anybody waits"]) {
      let told: unknown;
      const full = await open({
        ...test.database,
        read: (...given) => test.database.read(...given),
        async write() {
          await new Promise((resolve) => setTimeout(resolve, 20));
          throw fail("cloud.storage-full");
        },
      });
      const asked = full.operations.run({
        ...work,
        ...{ waitMs: 60_000, early: true },
        work: (signal) =>
          takes === "no time"
            ? Promise.resolve("done")
            : new Promise((_, reject) => {
                signal.addEventListener("abort", () => {
                  told = signal.reason;
                  reject(signal.reason);
                });
              }),
      });
      await expect(asked).rejects.toMatchObject({
        code: "operation.unrecorded",
        details: { because: "The cloud's disk is full: nothing was changed." },
      });
      if (takes !== "no time") expect(told).toMatchObject({ code: "operation.unrecorded" });
      await full.operations.stop?.();
    }
    expect((await operations.list(scope, {})).items).toHaveLength(1);
  });

  it("is canceled and stored so before its canceling is answered", async () => {
    const { operations, state } = await open(slow());
    const { body } = await operations.run({
      ...work,
      ...{ waitMs: undefined, cancelable: true },
      work: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        }),
    });
    expect((await operations.cancel(systemActor, scope, body.uuid)).status).toBe("canceled");
    expect(await state(body.uuid)).toBe("canceled");
  });
});
