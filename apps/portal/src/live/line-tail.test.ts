import { describe, expect, it } from "vitest";
import type { PluginLine } from "./contract.ts";
import { mergeLines } from "./line-tail.ts";

const line = (seq: number, atMs = seq * 10): PluginLine => ({
  seq,
  atMs,
  level: "info",
  text: `line ${seq}`,
});
const seqs = (lines: readonly PluginLine[]) => lines.map(({ seq }) => seq);

describe("the last lines of a plugin", () => {
  it("are each there once, whichever way they came", () => {
    expect(seqs(mergeLines([line(1), line(2)], [line(2), line(3)]))).toEqual([1, 2, 3]);
  });
  it("stay the same list when nothing is new", () => {
    const present = [line(1)];
    expect(mergeLines(present, [line(1)])).toBe(present);
  });
  it("are in the order of time when older ones are read later", () => {
    expect(seqs(mergeLines([line(5)], [line(3), line(4), line(5)]))).toEqual([3, 4, 5]);
  });
  it("go on when the board counts anew", () => {
    expect(seqs(mergeLines([line(8), line(9)], [line(0, 100), line(1, 110)]))).toEqual([
      8, 9, 0, 1,
    ]);
  });
  it("are no more than are kept", () => {
    const many = Array.from({ length: 1_200 }, (_, seq) => line(seq));
    const kept = mergeLines([], many);
    expect(kept).toHaveLength(1_000);
    expect(kept.at(-1)?.seq).toBe(1_199);
  });
});
