import type { ReportRow } from "@s4t/contract";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../../packages/kit/test/clock.ts";
import { createLines, LINES_EVERY_MS, LINES_GATHER_MS, MAX_LINES_TOLD_BYTES } from "./lines.ts";

/** Lines of one plugin, by a clock that the test moves. */
const open = () => {
  const clock = createManualClock();
  const rows: Extract<ReportRow, { kind: "lines" }>[] = [];
  const lines = createLines("hello", {
    clock,
    tell: (row) => void (row.kind === "lines" && rows.push(row)),
  });
  const pass = clock.advance;
  const write = (count: number, text = "a line") => {
    for (let n = 0; n < count; n += 1) lines.write({ level: "out", text });
  };
  const told = () => rows.splice(0);
  const seqsOf = (of: ReturnType<typeof told>) =>
    of.flatMap((row) => row.lines.map(({ seq }) => seq));
  return { lines, pass, write, told, seqsOf };
};
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

it("are told to whoever follows, each once and in order, however bursts come within what the link may carry", () => {
  const { lines, pass, write, told, seqsOf } = open();
  lines.follow(60);
  const seqs: number[] = [];
  for (let burst = 0; burst < 10; burst += 1) {
    write(500);
    pass(LINES_EVERY_MS);
    const rows = told();
    expect(rows.every(({ dropped }) => dropped === 0)).toBe(true);
    seqs.push(...seqsOf(rows));
  }
  expect(seqs).toEqual(range(0, 5_000));
});

it("beyond that wait their turn; what is let go meanwhile is counted, not told twice", () => {
  const { lines, pass, write, told, seqsOf } = open();
  lines.follow(60);
  write(5_000);
  const atOnce = told();
  expect(JSON.stringify(atOnce).length).toBeLessThan(MAX_LINES_TOLD_BYTES * 1.5);
  const rows = [...atOnce];
  for (let n = 0; n < 10; n += 1) {
    pass(LINES_EVERY_MS);
    rows.push(...told());
  }
  const seqs = seqsOf(rows);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  expect(seqs.at(-1)).toBe(4_999);
  const dropped = rows.reduce((sum, row) => sum + row.dropped, 0);
  expect(dropped).toBeGreaterThan(0);
  expect(seqs.length + dropped).toBe(5_000);
});

it("begin for a follower with the last one of before, and with it again each time the lease is renewed", () => {
  const { lines, pass, write, told, seqsOf } = open();
  write(20);
  lines.follow(60);
  pass(LINES_EVERY_MS);
  expect(seqsOf(told())).toEqual([19]);
  write(2);
  pass(LINES_EVERY_MS);
  expect(seqsOf(told())).toEqual([20, 21]);
  lines.follow(60);
  pass(LINES_EVERY_MS);
  expect(seqsOf(told())).toEqual([21]);
});

it("are told soon after a silence, and then at their pace", () => {
  const { lines, pass, write, told, seqsOf } = open();
  lines.follow(60);
  write(2);
  pass(LINES_GATHER_MS);
  expect(seqsOf(told())).toEqual([0, 1]);
  write(1);
  pass(LINES_EVERY_MS - 1);
  expect(told()).toEqual([]);
  pass(1);
  expect(seqsOf(told())).toEqual([2]);
  pass(LINES_EVERY_MS);
  write(1);
  pass(LINES_GATHER_MS);
  expect(seqsOf(told())).toEqual([3]);
});

it("are told soon after a lease was renewed, with the last one of before", () => {
  const { lines, pass, write, told, seqsOf } = open();
  lines.follow(60);
  write(1);
  pass(LINES_GATHER_MS);
  expect(seqsOf(told())).toEqual([0]);
  pass(1_000);
  lines.follow(60);
  pass(LINES_GATHER_MS);
  write(1);
  pass(LINES_GATHER_MS);
  expect(seqsOf(told())).toEqual([0, 1]);
});

it("are told to nobody once the lease is over", () => {
  const { lines, pass, write, told } = open();
  lines.follow(60);
  pass(61_000);
  write(300);
  pass(LINES_EVERY_MS);
  expect(told()).toEqual([]);
});
