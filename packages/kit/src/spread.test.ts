import { expect, it } from "vitest";
import { seeded } from "./random.ts";
import { createSpread } from "./spread.ts";

it("tells quantiles within two percent, and the longest as it was", () => {
  const random = seeded(7);
  const spread = createSpread();
  const all = Array.from({ length: 10_000 }, () => 1 + 5_000 * random() ** 4);
  for (const ms of all) spread.add(ms);
  const sorted = [...all].sort((a, b) => a - b);
  const { count, p50, p99, max } = spread.figures();
  expect(count).toBe(10_000);
  for (const [told, at] of [
    [p50, 4_999],
    [p99, 9_899],
  ] as const) {
    const is = sorted[at] ?? 0;
    expect(Math.abs((told ?? 0) / is - 1)).toBeLessThan(0.021);
  }
  expect(max).toBe(sorted.at(-1));
});

it("knows nothing before anything was counted, and takes what took no time", () => {
  const spread = createSpread();
  expect(spread.figures()).toEqual({ count: 0, p50: null, p99: null, max: null });
  spread.add(0);
  expect(spread.figures()).toMatchObject({ count: 1, p99: 0, max: 0 });
});
