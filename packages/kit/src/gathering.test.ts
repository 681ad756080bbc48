import { expect, it } from "vitest";
import type { Clock } from "./clock.ts";
import { createGathering } from "./gathering.ts";

/** A clock that goes when the test says. */
const open = () => {
  let nowMs = 0;
  let waiting: { atMs: number; then: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, then) {
      const timer = { atMs: nowMs + delayMs, then };
      waiting.push(timer);
      return {
        cancel() {
          waiting = waiting.filter((each) => each !== timer);
        },
      };
    },
  };
  const sentMs: number[] = [];
  const gathering = createGathering(clock, () => sentMs.push(nowMs));
  const passTo = (ms: number): void => {
    for (; nowMs < ms; nowMs += 1) {
      const due = waiting.filter(({ atMs }) => atMs <= nowMs);
      waiting = waiting.filter(({ atMs }) => atMs > nowMs);
      for (const { then } of due) then();
    }
  };
  return { gathering, passTo, sentMs };
};

it("is done once for all that ask for it meanwhile", () => {
  const { gathering, passTo, sentMs } = open();
  gathering.within(250);
  passTo(100);
  gathering.within(250);
  passTo(1_000);
  expect(sentMs).toEqual([250]);
});

it("is done sooner for who cannot wait so long, and for nobody later", () => {
  const { gathering, passTo, sentMs } = open();
  gathering.within(250);
  passTo(100);
  gathering.within(20);
  gathering.within(250);
  passTo(1_000);
  expect(sentMs).toEqual([120]);
  gathering.within(20);
  passTo(2_000);
  expect(sentMs).toEqual([120, 1_020]);
});

it("is not done once nobody asks any more", () => {
  const { gathering, passTo, sentMs } = open();
  gathering.within(20);
  gathering.cancel();
  passTo(1_000);
  expect(sentMs).toEqual([]);
});
