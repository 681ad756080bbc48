import { expect, it } from "vitest";
import { int64 } from "./int64.ts";

it("reads the columns that are there and no number yet, and leaves the rest and the row itself alone", () => {
  const read = int64("at", "rev", "gone");
  const row = { at: "1800000000000", rev: 3n, name: "7", gone: null };
  expect(read(row)).toEqual({ at: 1_800_000_000_000, rev: 3, name: "7", gone: null });
  expect(row.at).toBe("1800000000000");
  const read2 = { at: 1, rev: 2 };
  expect(read(read2)).toBe(read2);
});
