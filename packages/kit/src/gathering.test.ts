import { expect, it } from "vitest";
import { createManualClock } from "../test/clock.ts";
import { createGathering } from "./gathering.ts";

const open = () => {
  const clock = createManualClock();
  const sentMs: number[] = [];
  const gathering = createGathering(clock, () => sentMs.push(clock.monotonicMs()));
  const passTo = (ms: number): void => clock.advance(ms - clock.monotonicMs());
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
