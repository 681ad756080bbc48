// What every driver of observations promises. A driver's own test calls this with how it is made.
import { join } from "node:path";
import type { BoardId, ProjectId } from "@s4t/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { killIngesting } from "../../test/ingest-kill.ts";
import {
  DAY_MS,
  dayOf,
  type ObservationsDriver,
  type Point,
  RAW_KEPT_DAYS,
  stepFor,
} from "./observations.ts";

export interface ObservationsSetup {
  /** A started driver on empty storage. */
  readonly open: () => Promise<ObservationsDriver>;
  /** The same storage, opened again after `stop`. */
  readonly reopen: () => Promise<ObservationsDriver>;
  readonly close: () => Promise<void>;
  /** Now, as the driver's clock has it. */
  readonly nowMs: () => number;
  readonly setNow: (ms: number) => void;
  /** A folder of the test, removed by `close`. */
  readonly folder: () => string;
  /** Where another process finds the storage: a folder, or an address. */
  readonly place: () => string;
}

const project = "p1" as ProjectId;
const board = "b1" as BoardId;
const series = {
  "cpu.load1": { unit: "1", periodS: 60 },
  "memory.used": { unit: "By", periodS: 60 },
};

/** Deterministic numbers between 0 and 1. */
const randomOf = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Mean, least and greatest of each step, worked out the slow way. */
const bruteForce = (points: readonly Point[], fromMs: number, toMs: number, stepMs: number) => {
  const values = new Map<number, number[]>();
  for (const { atMs, value } of [...points].sort((a, b) => a.atMs - b.atMs)) {
    if (atMs < fromMs || atMs >= toMs) continue;
    const at = Math.floor(atMs / stepMs) * stepMs;
    values.set(at, [...(values.get(at) ?? []), value]);
  }
  return [...values].map(([at, all]) => ({
    at,
    mean: all.reduce((sum, value) => sum + value, 0) / all.length,
    min: Math.min(...all),
    max: Math.max(...all),
  }));
};

/** Runs the promises. */
export const observationsConformance = (name: string, setup: ObservationsSetup): void => {
  describe(`observations: ${name}`, () => {
    let driver: ObservationsDriver;
    beforeEach(async () => {
      driver = await setup.open();
      await driver.describe(project, board, series);
    });
    afterEach(() => setup.close());
    const minute = () => Math.floor(setup.nowMs() / 60_000) * 60_000;
    const append = (count: number, endMs: number, value = (i: number) => i) =>
      driver.append(
        project,
        board,
        Array.from({ length: count }, (_, i) => ({
          series: "cpu.load1",
          atMs: endMs - (count - 1 - i) * 60_000,
          value: value(i),
        })),
      );

    it("gives back raw values in order, each once however often it was sent", async () => {
      await append(10, minute());
      await append(10, minute());
      const range = await driver.range(project, board, {
        series: "cpu.load1",
        fromMs: minute() - 540_000,
        toMs: minute() + 1,
        points: 100,
      });
      expect(range).toMatchObject({ stepMs: 0, mean: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], dropped: 0 });
    });
    it("never answers more points than asked, and keeps the extremes", async () => {
      await append(600, minute(), (i) => (i === 300 ? 1_000 : 1));
      const range = await driver.range(project, board, {
        series: "cpu.load1",
        fromMs: minute() - 36_000_000,
        toMs: minute() + 1,
        points: 50,
      });
      expect(range.at.length).toBeLessThanOrEqual(50);
      expect(Math.max(...range.max)).toBe(1_000);
      expect(Math.min(...range.min)).toBe(1);
    });
    it("says the same of days that are over before and after they are rolled up, late values included", async () => {
      const yesterday = minute() - 86_400_000;
      await append(300, yesterday, (i) => i % 17);
      const ask = () =>
        driver.range(project, board, {
          series: "cpu.load1",
          fromMs: yesterday - 18_000_000,
          toMs: yesterday + 60_000,
          points: 60,
        });
      const before = await ask();
      await driver.prune(setup.nowMs());
      const after = await ask();
      expect(after.at).toEqual(before.at);
      expect(after.max).toEqual(before.max);
      after.mean.forEach((value, i) => {
        expect(value).toBeCloseTo(before.mean[i] ?? Number.NaN, 9);
      });
      await driver.append(project, board, [
        { series: "cpu.load1", atMs: yesterday - 1_000, value: 5_000 },
      ]);
      expect(Math.max(...(await ask()).max)).toBe(5_000);
      await driver.prune(setup.nowMs());
      expect(Math.max(...(await ask()).max)).toBe(5_000);
    });
    it("knows the latest value, also after a restart", async () => {
      await append(3, minute());
      expect(
        (await driver.series(project, board)).map((each) => [
          each.name,
          each.latest?.value ?? null,
        ]),
      ).toEqual([
        ["cpu.load1", 2],
        ["memory.used", null],
      ]);
      await driver.stop?.();
      driver = await setup.reopen();
      expect((await driver.series(project, board))[0]?.latest).toEqual({
        atMs: minute(),
        value: 2,
      });
    });
    it("counts what a board dropped within the range", async () => {
      await driver.appendDropped(project, board, {
        ...{ fromMs: minute() - 120_000, toMs: minute() - 60_000 },
        count: 7,
      });
      const ask = (fromMs: number, toMs: number) =>
        driver.range(project, board, { series: "cpu.load1", fromMs, toMs, points: 10 });
      expect((await ask(minute() - 600_000, minute())).dropped).toBe(7);
      expect((await ask(minute() - 60_000, minute())).dropped).toBe(0);
    });
    it("keeps boards and projects apart", async () => {
      await append(1, minute());
      await expect(
        driver.range("p2" as ProjectId, board, {
          series: "cpu.load1",
          fromMs: 0,
          toMs: minute() + 1,
          points: 10,
        }),
      ).rejects.toMatchObject({ code: "series.not-found" });
      expect(await driver.series(project, "b2" as BoardId)).toEqual([]);
    });
    it("refuses more series than a board may have", async () => {
      const many = Object.fromEntries(
        Array.from({ length: 1_001 }, (_, i) => [`s${i}`, { unit: "1", periodS: 60 }]),
      );
      await expect(driver.describe(project, board, many)).rejects.toMatchObject({
        code: "request.invalid",
      });
    });
    const load = (fromMs: number, toMs: number, points: number) =>
      driver.range(project, board, { series: "cpu.load1", fromMs, toMs, points });

    it("answers every range as a reference that knows nothing of days and roll-ups does", async () => {
      const seed = Date.now() % 1_000_000;
      const random = randomOf(seed);
      const points = Array.from(
        { length: 3_000 },
        (): Point => ({
          series: "cpu.load1",
          atMs: minute() - Math.floor(random() * 4 * DAY_MS),
          value: random() * 100 - 50,
        }),
      );
      const each = [...new Map(points.map((point) => [point.atMs, point])).values()];
      await driver.append(project, board, points);
      for (const rolled of [false, true]) {
        if (rolled) await driver.prune(setup.nowMs());
        for (let i = 0; i < 12; i += 1) {
          const fromMs = minute() - Math.floor(random() * 5 * DAY_MS);
          const toMs = fromMs + 3_600_000 + Math.floor(random() * 5 * DAY_MS);
          const query = { series: "cpu.load1", fromMs, toMs, points: 2 + Math.floor(random() * 9) };
          const stepMs = stepFor(query, 60, setup.nowMs());
          // Roll-ups know whole minutes and hours only: both ends lie on a step, as those of a page do.
          const [from, to] = [fromMs, toMs].map((ms) => Math.floor(ms / stepMs) * stepMs) as [
            number,
            number,
          ];
          const found = await load(from, to, query.points);
          const expected = bruteForce(each, from, to, found.stepMs);
          const why = `seed ${seed}, question ${i}, rolled ${rolled}`;
          expect(found.at, why).toEqual(expected.map(({ at }) => at));
          expect(found.min, why).toEqual(expected.map(({ min }) => min));
          expect(found.max, why).toEqual(expected.map(({ max }) => max));
          for (const [at, { mean }] of expected.entries())
            expect(found.mean[at], why).toBeCloseTo(mean, 8);
        }
      }
    });
    describe("from a session that a newer one replaced", () => {
      const superseded = { code: "link.superseded" };
      const value = (at: number): Point[] => [
        { series: "cpu.load1", atMs: minute() - at * 60_000, value: at },
      ];
      const stored = async () => (await load(minute() - 3_600_000, minute() + 1, 100)).mean;

      it("stores nothing, of whatever kind", async () => {
        await driver.open(board, 3);
        await driver.append(project, board, value(2), 3);
        await driver.open(board, 4);
        const dropped = { fromMs: minute() - 60_000, toMs: minute(), count: 5 };
        const late = { late: { unit: "1", periodS: 60 } };
        for (const tried of [
          () => driver.append(project, board, value(1), 3),
          () => driver.describe(project, board, late, 3),
          () => driver.appendDropped(project, board, dropped, 3),
          () => driver.open(board, 3),
        ])
          await expect(tried()).rejects.toMatchObject(superseded);
        await driver.append(project, board, value(0), 4);
        expect(await stored()).toEqual([2, 0]);
        expect((await driver.series(project, board)).map(({ name }) => name)).not.toContain("late");
        expect((await load(minute() - 3_600_000, minute() + 1, 100)).dropped).toBe(0);
      });
      it("is refused alone: others of the same commit are stored", async () => {
        const other = "b2" as BoardId;
        await driver.describe(project, other, series);
        await driver.open(board, 2);
        const [late, fine] = await Promise.allSettled([
          driver.append(project, board, value(1), 1),
          driver.append(project, other, value(1), 1),
        ]);
        expect(late).toMatchObject({ reason: superseded });
        expect(fine.status).toBe("fulfilled");
        expect(await stored()).toEqual([]);
        expect((await driver.series(project, other))[0]?.latest?.value).toBe(1);
      });
      it("is known by what a newer one stores, where nobody announced that", async () => {
        await driver.open(board, 1);
        await driver.append(project, board, value(1), 2);
        await expect(driver.append(project, board, value(0), 1)).rejects.toMatchObject(superseded);
        expect(await stored()).toEqual([1]);
      });
      it("stores nothing once the newer one has begun, however the two meet", async () => {
        for (let epoch = 1; epoch <= 40; epoch += 1) {
          await driver.open(board, epoch);
          const late = driver.append(project, board, value(epoch), epoch).catch(({ code }) => code);
          if (epoch % 3 > 0) await Promise.resolve();
          if (epoch % 3 > 1) await new Promise((resolve) => setImmediate(resolve));
          await driver.open(board, epoch + 1);
          const before = await stored();
          const code = await late;
          expect(await stored(), `epoch ${epoch}`).toEqual(before);
          expect([{ undescribed: new Set() }, "link.superseded"]).toContainEqual(code);
        }
      });
      it("that nobody announced is taken from several that come at once, none of which waits for another", async () => {
        for (let epoch = 1; epoch <= 20; epoch += 1) {
          const gap = { fromMs: minute() - 60_000, toMs: minute(), count: epoch };
          const stored = await Promise.allSettled([
            driver.append(project, board, value(epoch), epoch),
            ...Array.from({ length: 3 }, () => driver.appendDropped(project, board, gap, epoch)),
          ]);
          expect(stored.map(({ status }) => status)).toEqual(Array(4).fill("fulfilled"));
        }
      });
      it("is told apart by its board", async () => {
        await driver.open("b2" as BoardId, 9);
        await driver.append(project, board, value(1), 1);
        expect(await stored()).toEqual([1]);
      });
    });
    it("weighs the two sides of midnight by how many values they have", async () => {
      // The midnight within a step of two days.
      const day = dayOf(setup.nowMs());
      const midnight = (day - 1 + (day % 2)) * DAY_MS;
      const at = (atMs: number, value: number): Point => ({ series: "cpu.load1", atMs, value });
      await driver.append(project, board, [
        at(midnight - 3, 10),
        at(midnight - 2, 10),
        at(midnight - 1, 10),
        at(midnight, 50),
      ]);
      const range = await load(midnight - DAY_MS, midnight + DAY_MS, 2);
      expect(range).toMatchObject({ mean: [20], min: [10], max: [50] });
    });
    it("leaves gaps as gaps", async () => {
      await driver.append(project, board, [
        { series: "cpu.load1", atMs: minute() - 7_200_000, value: 1 },
        { series: "cpu.load1", atMs: minute(), value: 2 },
      ]);
      const range = await load(minute() - 7_200_000, minute() + 1, 60);
      expect(range.at).toHaveLength(2);
      expect(range.mean).toEqual([1, 2]);
    });
    it.each([
      ["not a number", Number.NaN, 0],
      ["infinite", Number.POSITIVE_INFINITY, 0],
      ["text", "7" as unknown as number, 0],
      ["of 1970", 1, -Date.parse("2026-11-24T12:00:00Z")],
      ["of the day after tomorrow", 1, 2 * DAY_MS],
      ["of a day that is no longer kept", 1, -(RAW_KEPT_DAYS + 1) * DAY_MS],
      ["between two milliseconds", 1, 0.5],
    ])(
      "refuses a value that is %s, and the values beside it are stored by others",
      async (_, value, ahead) => {
        const bad = { series: "cpu.load1", atMs: setup.nowMs() + ahead, value };
        const [refused, stored] = await Promise.allSettled([
          driver.append(project, board, [{ series: "cpu.load1", atMs: minute(), value: 3 }, bad]),
          driver.append(project, board, [{ series: "memory.used", atMs: minute(), value: 4 }]),
        ]);
        expect(refused).toMatchObject({ reason: { code: "request.invalid" } });
        expect(stored.status).toBe("fulfilled");
        expect((await load(minute() - 60_000, minute() + 1, 10)).mean).toEqual([]);
      },
    );
    it("leaves values of series that nobody described out, says which, and stores the others", async () => {
      const { undescribed } = await driver.append(project, board, [
        { series: "never.described", atMs: minute(), value: 1 },
        { series: "cpu.load1", atMs: minute(), value: 3 },
        { series: "never.described", atMs: minute() - 1, value: 1 },
      ]);
      expect([...undescribed]).toEqual(["never.described"]);
      expect((await load(minute() - 60_000, minute() + 1, 10)).mean).toEqual([3]);
      const alone = [{ series: "never.described", atMs: minute(), value: 1 }];
      expect([...(await driver.append(project, board, alone)).undescribed]).toHaveLength(1);
      const known = (await driver.append(project, board, [])).undescribed;
      expect(known.size).toBe(0);
    });
    it("drops raw values by the day and keeps their roll-ups, also of a day that nobody rolled up in time", async () => {
      const hour = Math.floor(setup.nowMs() / 3_600_000) * 3_600_000;
      await append(120, hour - 60_000, (i) => i);
      setup.setNow(setup.nowMs() + (RAW_KEPT_DAYS + 5) * DAY_MS);
      await driver.prune(setup.nowMs());
      const minutes = await load(hour - 7_200_000, hour, 500);
      expect(minutes).toMatchObject({ stepMs: 60_000 });
      expect(minutes.mean).toEqual(Array.from({ length: 120 }, (_, i) => i));
      expect(await load(hour - 7_200_000, hour, 3)).toMatchObject({
        stepMs: 3_600_000,
        mean: [29.5, 89.5],
        min: [0, 60],
        max: [59, 119],
      });
    });
    it("finds the latest value of a board that has been silent for days", async () => {
      await append(1, minute() - 5 * DAY_MS, () => 9);
      await driver.stop?.();
      driver = await setup.reopen();
      expect((await driver.series(project, board))[0]?.latest?.value).toBe(9);
    });
    it("answers readers while it writes, and each sees only whole appends", async () => {
      const writing = (async () => {
        for (let i = 0; i < 50; i += 1) await append(20, minute(), () => i);
      })();
      for (let i = 0; i < 25; i += 1) {
        const { mean } = await load(minute() - 1_200_000, minute() + 1, 100);
        expect(new Set(mean).size).toBeLessThanOrEqual(1);
      }
      await writing;
    });
    it("makes a copy while values come in, and comes back as the copy was", async () => {
      await append(10, minute(), () => 1);
      const copy = join(setup.folder(), "copy");
      await Promise.all([driver.backup(copy), append(10, minute() - 600_000, () => 1)]);
      await append(10, minute(), () => 2);
      await driver.restore(copy);
      expect((await load(minute() - 540_000, minute() + 1, 100)).mean).toEqual(Array(10).fill(1));
    });
    it("makes a copy under a stream of appends that has each whole or not at all, and all that were there before", async () => {
      let appended = 0;
      let isOver = false;
      const ingesting = (async () => {
        for (; !isOver; appended += 1)
          await driver.append(
            project,
            board,
            Object.keys(series).map((name) => ({
              ...{ series: name, value: appended },
              atMs: minute() - appended,
            })),
          );
      })();
      while (appended < 50) await new Promise((resolve) => setTimeout(resolve, 1));
      const before = appended;
      const copy = join(setup.folder(), "copy");
      await driver.backup(copy);
      isOver = true;
      await ingesting;
      await driver.restore(copy);
      const [load1, used] = await Promise.all(
        Object.keys(series).map((name) =>
          driver.range(project, board, {
            ...{ series: name, points: 1_000_000 },
            ...{ fromMs: minute() - DAY_MS / 2, toMs: minute() + 1 },
          }),
        ),
      );
      expect(load1?.mean).toEqual(used?.mean);
      expect(load1?.mean.at(-1)).toBe(0);
      expect(load1?.mean.length).toBeGreaterThanOrEqual(before);
      expect(load1?.mean.length).toBeLessThanOrEqual(appended);
    });
    it("has everything that was acknowledged to a process that was killed while it stored", async () => {
      const seed = Date.now() % 1_000_000;
      const random = randomOf(seed);
      for (let round = 0; round < 3; round += 1) {
        await driver.stop?.();
        const acknowledged = await killIngesting(setup.nowMs(), setup.place(), random() * 300);
        driver = await setup.reopen();
        expect(acknowledged.size, `seed ${seed}`).toBeGreaterThan(0);
        for (const [killed, last] of acknowledged) {
          const [today = [], yesterday = []] = await Promise.all(
            [0, 1].map(async (day) => {
              const toMs = setup.nowMs() - day * DAY_MS + 1;
              const query = {
                series: "killed",
                fromMs: toMs - DAY_MS / 2,
                toMs,
                points: 1_000_000,
              };
              return (await driver.range(project, killed as BoardId, query)).mean;
            }),
          );
          const why = `seed ${seed}, round ${round}, ${killed}`;
          for (const values of [today, yesterday]) {
            const stored = new Set(values);
            const lost = Array.from({ length: last + 1 }, (_, i) => i).filter(
              (i) => !stored.has(i),
            );
            expect(lost, why).toEqual([]);
          }
        }
      }
    }, 60_000);
    it("holds 10,000 series of ten boards, and answers for each", async () => {
      const boards = Array.from({ length: 10 }, (_, i) => `many-${i}` as BoardId);
      const names = Array.from({ length: 1_000 }, (_, i) => `s${i}`);
      const described = Object.fromEntries(names.map((name) => [name, { unit: "1", periodS: 60 }]));
      for (const each of boards) await driver.describe(project, each, described);
      const moments = Array.from({ length: 5 }, (_, i) => minute() - DAY_MS - i * 60_000);
      const made = (at: number, b: number, s: number) => at + b * 1_000 + s;
      await Promise.all(
        moments.flatMap((atMs, at) =>
          boards.map((each, b) =>
            driver.append(
              project,
              each,
              names.map((name, s) => ({ series: name, atMs, value: made(at, b, s) })),
            ),
          ),
        ),
      );
      await driver.prune(setup.nowMs());
      for (const [b, each] of boards.entries()) {
        const found = await driver.series(project, each);
        expect(found).toHaveLength(1_000);
        for (const { name, latest } of found)
          expect(latest).toEqual({ atMs: moments[0], value: made(0, b, Number(name.slice(1))) });
        const query = { fromMs: moments[4] ?? 0, toMs: (moments[0] ?? 0) + 1 };
        for (const s of [0, 500, 999])
          for (const points of [2, 100]) {
            const range = await driver.range(project, each, { series: `s${s}`, ...query, points });
            expect([Math.min(...range.min), Math.max(...range.max)]).toEqual([
              made(0, b, s),
              made(4, b, s),
            ]);
          }
      }
    }, 60_000);
  });
};
