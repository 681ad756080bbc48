import { expect, it } from "vitest";
import { READER_GRACE_MS, SlowReaderWatch } from "./slow-reader.ts";

const aWatch = () => {
  let nowMs = 5;
  const clock = { monotonicMs: () => nowMs };
  const watch = new SlowReaderWatch(clock as never, 100);
  return {
    isTooSlow: (waitingBytes: number) => watch.isTooSlow(waitingBytes),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};

it("a reader may have twice the limit before it for a moment, and the limit for ever", () => {
  const { isTooSlow, pass } = aWatch();
  expect(isTooSlow(100)).toBe(false);
  pass(10 * READER_GRACE_MS);
  expect(isTooSlow(100)).toBe(false);
  expect(isTooSlow(200)).toBe(false);
  pass(READER_GRACE_MS);
  expect(isTooSlow(150)).toBe(false);
  pass(1);
  expect(isTooSlow(101)).toBe(true);
});

it("never may there be more, and who caught up begins anew", () => {
  const { isTooSlow, pass } = aWatch();
  expect(isTooSlow(201)).toBe(true);
  expect(isTooSlow(150)).toBe(false);
  expect(isTooSlow(99)).toBe(false);
  pass(READER_GRACE_MS + 1);
  expect(isTooSlow(150)).toBe(false);
});
