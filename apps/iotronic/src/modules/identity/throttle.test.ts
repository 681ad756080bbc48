import { isS4tError } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import {
  createThrottle,
  FREE_TRIES_LIMIT,
  FREE_TRIES_PER_HOST_LIMIT,
  HOST_TRIES_KEPT_MS,
  MAX_SIGN_IN_WAIT_MS,
  MAX_THROTTLED,
  MAX_TRIES_AT_ONCE,
} from "./throttle.ts";

const setup = () => {
  let nowMs = 0;
  const throttle = createThrottle({
    now: () => nowMs,
    monotonicMs: () => nowMs,
    after: () => ({ cancel: () => {} }),
  });
  /** Seconds to wait; 0 when a try may begin. */
  const waitS = (...keys: string[]): number => {
    try {
      throttle.begin(keys)[Symbol.dispose]();
      return 0;
    } catch (error) {
      if (!isS4tError(error, "auth.throttled")) throw error;
      return (error.details as { retryAfterS: number }).retryAfterS;
    }
  };
  return {
    throttle,
    waitS,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};

describe("the throttle of sign-in", () => {
  it("lets people mistype a few times for nothing, then makes them wait twice as long each time", () => {
    const { throttle, waitS, pass } = setup();
    for (let i = 1; i < FREE_TRIES_LIMIT; i += 1) {
      throttle.wrong(["name chiara"]);
      expect(waitS("name chiara")).toBe(0);
    }
    const waits = [1, 2, 4, 8].map(() => {
      throttle.wrong(["name chiara"]);
      const wait = waitS("name chiara");
      pass(wait * 1_000);
      expect(waitS("name chiara")).toBe(0);
      return wait;
    });
    expect(waits).toEqual([1, 2, 4, 8]);
  });
  it("waits at most so long, however many tries there were", () => {
    const { throttle, waitS } = setup();
    for (let i = 0; i < 1_000; i += 1) throttle.wrong(["address 192.0.2.1"]);
    expect(waitS("address 192.0.2.1")).toBe(MAX_SIGN_IN_WAIT_MS / 1_000);
  });
  it("makes each name and each address wait for itself", () => {
    const { throttle, waitS } = setup();
    for (let i = 0; i < 25; i += 1) throttle.wrong(["name chiara", "address 192.0.2.1"]);
    expect(waitS("name giulia", "address 192.0.2.2")).toBe(0);
    expect(waitS("name chiara", "address 192.0.2.2")).toBeGreaterThan(0);
    expect(waitS("name giulia", "address 192.0.2.1")).toBeGreaterThan(0);
  });
  it("forgets the wrong ones after a right one", () => {
    const { throttle, waitS } = setup();
    for (let i = 0; i < 10; i += 1) throttle.wrong(["name chiara"]);
    throttle.right(["name chiara"]);
    expect(waitS("name chiara")).toBe(0);
  });
  it("forgives an address nothing for a right one: with time alone, and more than a name", () => {
    const { throttle, waitS, pass } = setup();
    const address = ["address 192.0.2.1"];
    for (let i = 1; i < FREE_TRIES_PER_HOST_LIMIT; i += 1) {
      expect(throttle.wrong(address)).toBe(0);
      throttle.right(["name mallory", ...address]);
    }
    expect(throttle.wrong(address)).toBe(1);
    expect(waitS(...address)).toBe(1);
    throttle.right(address);
    expect(waitS(...address)).toBe(1);
    pass(1_000);
    expect(throttle.wrong(address)).toBe(2);
    pass(HOST_TRIES_KEPT_MS);
    expect(throttle.wrong(address)).toBe(0);
  });
  it("lets no more than so many guesses be judged at once, each freed when it has been", () => {
    const { throttle, waitS } = setup();
    const tries = Array.from({ length: MAX_TRIES_AT_ONCE }, () => throttle.begin(["name chiara"]));
    expect(waitS("name chiara")).toBe(1);
    expect(waitS("name giulia")).toBe(0);
    tries.pop()?.[Symbol.dispose]();
    expect(waitS("name chiara")).toBe(0);
  });
  it("remembers a bounded number of names", () => {
    const { throttle, waitS } = setup();
    for (let i = 0; i < 10; i += 1) throttle.wrong(["name first"]);
    for (let i = 0; i < MAX_THROTTLED; i += 1) throttle.wrong([`name ${i}`]);
    expect(waitS("name first")).toBe(0);
  });
});
