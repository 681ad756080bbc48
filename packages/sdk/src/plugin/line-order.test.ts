import type { PluginLine } from "@s4t/contract";
import { expect, it } from "vitest";
import { createLineOrder, type LineOrderOptions } from "./line-order.ts";

/** Lines of one start of the agent, a millisecond apart. */
const lines = (from: number, to: number, startMs = 1_000): PluginLine[] =>
  Array.from({ length: to - from }, (_, n) => ({
    ...{ seq: from + n, atMs: startMs + from + n, level: "out" as const },
    text: `${startMs}/${from + n}`,
  }));
const open = (start: LineOrderOptions["start"] = { count: 3 }) => {
  const heard: (number | string)[] = [];
  const order = createLineOrder({
    start,
    onLine: ({ seq }) => heard.push(seq),
    onSkipped: (count) => heard.push(`${count} skipped`),
  });
  return { order, heard };
};

it("begins with the last that are kept, or with the one of a number, and goes on live", () => {
  const last = open();
  last.order.kept(lines(0, 10));
  expect(last.order.live(lines(10, 12))).toBe(false);
  expect(last.heard).toEqual([7, 8, 9, 10, 11]);
  const from = open({ from: 8 });
  from.order.kept(lines(5, 10));
  expect(from.heard).toEqual([8, 9]);
  const none = open({ count: 0 });
  none.order.kept(lines(0, 10));
  none.order.live(lines(10, 11));
  expect(none.heard).toEqual([10]);
});

it("keeps what comes before the first read, and shows nothing twice", () => {
  const { order, heard } = open();
  order.hold();
  expect(order.live(lines(9, 12))).toBe(false);
  order.kept(lines(0, 11));
  order.live(lines(11, 13));
  expect(heard).toEqual([8, 9, 10, 11, 12]);
});

it("closes a gap by a read, and says what no read brings", () => {
  const { order, heard } = open();
  order.kept(lines(0, 3));
  expect(order.live(lines(6, 8))).toBe(true);
  expect(heard).toEqual([0, 1, 2]);
  order.kept(lines(5, 9));
  expect(heard).toEqual([0, 1, 2, "2 skipped", 5, 6, 7, 8]);
  expect(order.live(lines(8, 10))).toBe(false);
  expect(heard.at(-1)).toBe(9);
});

it("shows live lines that the board itself has let go since", () => {
  const { order, heard } = open();
  order.kept(lines(0, 1));
  order.live(lines(3, 5));
  order.kept(lines(8, 10));
  expect(heard).toEqual([0, "2 skipped", 3, 4, "3 skipped", 8, 9]);
});

it("is not led astray by what was kept when the read began, nor by a line that is told again", () => {
  const { order, heard } = open({ count: 0 });
  order.kept(lines(0, 10));
  // The board tells its last line again when somebody begins to follow.
  expect(order.live(lines(9, 10))).toBe(false);
  order.hold();
  order.live(lines(10, 13));
  order.kept(lines(0, 11));
  order.live(lines(13, 14));
  expect(heard).toEqual([10, 11, 12, 13]);
});

it("goes on when the agent counts anew, also from beyond where it was", () => {
  const { order, heard } = open();
  order.kept(lines(0, 5));
  expect(order.live(lines(0, 1, 2_000))).toBe(true);
  order.kept(lines(0, 2, 2_000));
  expect(order.live(lines(2, 3, 2_000))).toBe(false);
  expect(heard).toEqual([2, 3, 4, 0, 1, 2]);
  // Longer than before already when it is noticed.
  order.kept(lines(0, 6, 3_000));
  expect(heard.slice(6)).toEqual([0, 1, 2, 3, 4, 5]);
});
