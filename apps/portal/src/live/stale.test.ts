import { describe, expect, it } from "vitest";
import { freshnessOf } from "./stale.ts";

describe("freshness of a value", () => {
  const periodMs = 60_000;
  it.each([
    [0, true, "fresh"],
    [120_000, true, "fresh"],
    [120_001, true, "late"],
    [300_001, true, "stale"],
    [0, false, "stale"],
  ] as const)("%i ms old, board connected %s: %s", (ageMs, boardConnected, expected) => {
    expect(freshnessOf({ ageMs, periodMs, boardConnected })).toBe(expected);
  });
});
