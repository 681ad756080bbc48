import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../../packages/kit/test/clock.ts";
import {
  type Admission,
  createAdmission,
  JOIN_PLACE_MS,
  MAX_COME_AGAIN_MS,
  MAX_JOINS_OF_ADDRESS,
  MAX_JOINS_UNDER_WAY,
  MIN_COME_AGAIN_MS,
} from "./admission.ts";

const placeFor = (admission: Admission, address: string) => {
  const admitted = admission.ask(address);
  if (admitted.kind !== "place") throw new Error(`put off for ${admitted.afterMs} ms`);
  return admitted.place;
};
const delayOf = (admission: Admission, address = "late"): number => {
  const admitted = admission.ask(address);
  if (admitted.kind !== "later") throw new Error("let in");
  return admitted.afterMs;
};
/** Every place is taken, by as many addresses as that needs. */
const fill = (admission: Admission) =>
  Array.from({ length: MAX_JOINS_UNDER_WAY }, (_, i) =>
    placeFor(admission, `address ${i % (MAX_JOINS_UNDER_WAY / MAX_JOINS_OF_ADDRESS)}`),
  );

describe("joins under way", () => {
  it("are bounded; one that is through makes room for the next, however it ended", () => {
    const admission = createAdmission(createManualClock());
    const places = fill(admission);
    delayOf(admission);
    places[0]?.joined();
    places[0]?.leave(); // its socket closes later: no second place
    placeFor(admission, "next");
    delayOf(admission);
    places[1]?.leave();
    placeFor(admission, "next");
    expect(admission.counts()).toEqual({
      underWay: MAX_JOINS_UNDER_WAY,
      putOff: 2,
      comeAgainMs: 1_002,
    });
  });

  it("of one address leave room for others", () => {
    const admission = createAdmission(createManualClock());
    for (let i = 0; i < MAX_JOINS_OF_ADDRESS; i += 1) placeFor(admission, "stranger");
    delayOf(admission, "stranger");
    placeFor(admission, "board");
  });

  it("that dawdle hold nobody up", () => {
    const clock = createManualClock();
    const admission = createAdmission(clock);
    fill(admission);
    clock.advance(JOIN_PLACE_MS - 1);
    delayOf(admission);
    clock.advance(1);
    placeFor(admission, "late");
    expect(admission.counts().underWay).toBe(1);
  });
});

describe("whoever is put off", () => {
  it("is told a moment of its own, in the order of asking, neither at once nor never", () => {
    const admission = createAdmission(createManualClock());
    fill(admission);
    const delays = Array.from({ length: 100_000 }, () => delayOf(admission));
    expect(delays[0]).toBeGreaterThan(MIN_COME_AGAIN_MS);
    expect(delays.slice(0, 10_000)).toEqual(
      [...new Set(delays.slice(0, 10_000))].sort((a, b) => a - b),
    );
    expect(delays.at(-1)).toBe(MAX_COME_AGAIN_MS);
  });

  /** Seconds in which boards wait, and so many of each join. Answers how long a thousand who are put off next are spread over, ms. */
  const spanAfter = (joined: readonly number[], waits = true): number => {
    const clock = createManualClock();
    const admission = createAdmission(clock);
    for (const count of joined) {
      for (let i = 0; i < count; i += 1) placeFor(admission, `board ${i}`).joined();
      const places = fill(admission);
      if (waits) delayOf(admission);
      for (const place of places) place.leave();
      clock.advance(1_000);
    }
    fill(admission);
    const [first = 0, ...others] = Array.from({ length: 1_001 }, () => delayOf(admission));
    return (others.at(-1) ?? 0) - first;
  };

  it("comes somewhat faster than others join while boards wait", () => {
    expect(spanAfter([])).toBeCloseTo(1_000);
    expect(spanAfter([2_000])).toBeCloseTo(1_000 / 2.2);
    expect(spanAfter([2_000, 2_200])).toBeCloseTo(1_000 / 2.42);
  });

  it("is not told to stay away for what a single slow second saw; many of them count", () => {
    expect(spanAfter([10])).toBeCloseTo(1_250);
    expect(spanAfter([10, 10])).toBeCloseTo(1_562.5);
    expect(spanAfter(Array.from({ length: 30 }, () => 10))).toBeCloseTo(10_000);
    expect(spanAfter(Array.from({ length: 30 }, () => 300))).toBeCloseTo(1_000 / 0.33);
  });

  it("hears nothing of seconds in which nobody waited: few join where few come", () => {
    expect(spanAfter([10, 10, 10], false)).toBeCloseTo(1_000);
  });
});
