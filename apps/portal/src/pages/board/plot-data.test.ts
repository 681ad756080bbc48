import { describe, expect, it } from "vitest";
import { merged } from "./plot-data.ts";

const minute = 60_000;
const stored = (at: readonly number[]) => ({
  at,
  mean: at.map(() => 1),
  min: at.map(() => 1),
  max: at.map(() => 1),
  stepS: 60,
});
const look = { from: 0, periodMs: minute };

describe("the points of a plot", () => {
  it("are the stored ones with the newer live ones behind them", () => {
    const { at, mean } = merged(
      stored([minute, 2 * minute]),
      [
        [minute, 7],
        [125_000, 9],
      ],
      look,
    );
    expect(at).toEqual([minute, 2 * minute, 125_000]);
    expect(mean).toEqual([1, 1, 9]);
  });

  it("leave a stretch without values empty, before stored and before live ones", () => {
    const { at, mean } = merged(stored([minute, 5 * minute]), [[9 * minute, 9]], look);
    expect(at).toEqual([minute, 3 * minute, 5 * minute, 7 * minute, 9 * minute]);
    expect(mean).toEqual([1, null, 1, null, 9]);
  });

  it("join what is late by less than a period and a half, and what a wide step sets apart", () => {
    expect(merged(stored([minute, 3 * minute]), [], look).mean).toEqual([1, 1]);
    const wide = { ...stored([0, 60 * minute]), stepS: 3_600 };
    expect(merged(wide, [], look).mean).toEqual([1, 1]);
  });

  it("begin at the left edge", () => {
    expect(merged(stored([minute, 2 * minute]), [], { ...look, from: 90_000 }).at).toEqual([
      2 * minute,
    ]);
  });
});
