// What every driver of observations promises. A driver's own test calls this with how it is made.
import type { BoardId, ProjectId } from "@s4t/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ObservationsDriver } from "./observations.ts";

export interface ObservationsSetup {
  /** A started driver on empty storage. */
  readonly open: () => Promise<ObservationsDriver>;
  /** The same storage, opened again after `stop`. */
  readonly reopen: () => Promise<ObservationsDriver>;
  readonly close: () => Promise<void>;
  /** Now, as the driver's clock has it. */
  readonly nowMs: () => number;
}

const project = "p1" as ProjectId;
const board = "b1" as BoardId;
const series = {
  "cpu.load1": { unit: "1", periodS: 60 },
  "memory.used": { unit: "By", periodS: 60 },
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
      await driver.appendDropped(project, board, minute() - 120_000, minute() - 60_000, 7);
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
  });
};
