import { expect, it } from "vitest";
import {
  type CreditPool,
  createCreditPool,
  FIRST_WINDOW_BYTES,
  MAX_WINDOW_BYTES,
  MAX_WINDOWS_BYTES,
  MIN_WINDOW_BYTES,
  Window,
} from "./credit.ts";

const ROUND_TRIP_MS = 100;

/** A pool on a path of 100 ms, and how to let time go by. */
const openPool = (): { readonly pool: CreditPool; pass(ms: number): void } => {
  let now = 0;
  const pool = createCreditPool({
    now: () => now,
    monotonicMs: () => now,
    after: () => ({ cancel() {} }),
  });
  pool.roundTripMs = ROUND_TRIP_MS;
  return {
    pool,
    pass(ms) {
      now += ms;
    },
  };
};

/**
 * The peer sends whatever it has credit for; the reader uses it evenly within `delayMs`. Answers the credit that the peer was given in
 * all.
 */
const transfer = (
  window: Window,
  pass: (ms: number) => void,
  { rounds, delayMs }: { readonly rounds: number; readonly delayMs: number },
): number => {
  let credit = window.bytes;
  let given = credit;
  for (let round = 0; round < rounds; round += 1) {
    const sent = credit;
    credit = 0;
    expect(window.receive(sent)).toBe(true);
    for (let left = sent; left > 0; left -= Math.min(left, 16_384)) {
      pass((delayMs * Math.min(left, 16_384)) / sent);
      credit += window.consume(Math.min(left, 16_384));
    }
    given += credit;
  }
  return given;
};

it("a window grows to its largest where the reader is as fast as the path, and no further", () => {
  const { pool, pass } = openPool();
  const window = new Window(pool);
  expect(window.bytes).toBe(FIRST_WINDOW_BYTES);
  transfer(window, pass, { rounds: 40, delayMs: ROUND_TRIP_MS });
  expect(window.bytes).toBe(MAX_WINDOW_BYTES);
});

it("a window stays as it began where the reader is the slow one, or nothing is known of the path", () => {
  const { pool, pass } = openPool();
  const slow = new Window(pool);
  transfer(slow, pass, { rounds: 40, delayMs: 10 * ROUND_TRIP_MS });
  expect(slow.bytes).toBe(FIRST_WINDOW_BYTES);
  pool.roundTripMs = undefined;
  const unknown = new Window(pool);
  transfer(unknown, pass, { rounds: 40, delayMs: 0 });
  expect(unknown.bytes).toBe(FIRST_WINDOW_BYTES);
});

it("the next stream begins with what the path has shown to need", () => {
  const { pool, pass } = openPool();
  const first = new Window(pool);
  transfer(first, pass, { rounds: 8, delayMs: ROUND_TRIP_MS });
  const learned = first.bytes;
  expect(learned).toBeGreaterThan(FIRST_WINDOW_BYTES);
  first.release();
  expect(new Window(pool).bytes).toBe(Math.min(learned, MAX_WINDOWS_BYTES / 8));
});

it("windows together stay below what a peer may make the other end hold, and whoever ends gives room back", () => {
  const { pool, pass } = openPool();
  const windows = Array.from({ length: 200 }, () => new Window(pool));
  for (const window of windows) transfer(window, pass, { rounds: 40, delayMs: ROUND_TRIP_MS });
  const sum = () => windows.reduce((total, { bytes }) => total + bytes, 0);
  expect(sum()).toBe(pool.givenBytes);
  expect(sum()).toBeLessThanOrEqual(MAX_WINDOWS_BYTES + windows.length * MIN_WINDOW_BYTES);
  for (const { bytes } of windows) expect(bytes).toBeGreaterThanOrEqual(MIN_WINDOW_BYTES);
  for (const window of windows) window.release();
  expect(pool.givenBytes).toBe(0);
});

it("no byte beyond the credit is taken, and every byte that was used is given back but for less than a part of the window", () => {
  const { pool, pass } = openPool();
  const window = new Window(pool);
  const given = transfer(window, pass, { rounds: 10, delayMs: ROUND_TRIP_MS });
  expect(given).toBeGreaterThan(FIRST_WINDOW_BYTES);
  expect(window.receive(window.bytes + 1)).toBe(false);
});
