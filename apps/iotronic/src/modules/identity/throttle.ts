// Wrong passwords cost time: after a few, each name and each address waits longer from try to try. A
// right one forgives its name, never its address.
import { fail } from "@s4t/contract";
import type { Clock } from "@s4t/kit";

/** Wrong tries that are free: people mistype. */
export const FREE_TRIES_LIMIT = 5;
/** The same of one network address: many people may come from it. */
export const FREE_TRIES_PER_HOST_LIMIT = 20;
/** After so long without a wrong one a network address counts as new. */
export const HOST_TRIES_KEPT_MS = 900_000;
/** Longest wait after a wrong try. */
export const MAX_SIGN_IN_WAIT_MS = 300_000;
/** Tries of one name or address under way at once: guesses sent all together must not all count as the first. */
export const MAX_TRIES_AT_ONCE = 16;
/** Names and addresses remembered; the oldest are forgotten first. */
export const MAX_THROTTLED = 10_000;

interface Tries {
  wrong: number;
  untilMs: number;
  atMs: number;
}

/** Of where one comes from, not of whom one is: whoever knows one password there must not try others for nothing. */
const isShared = (key: string): boolean => key.startsWith("address ") || key.startsWith("method ");

export interface Throttle {
  /** Begins a try. Throws `auth.throttled` while any of the keys has to wait. Dispose of it when the try has been judged. */
  begin(keys: readonly string[]): Disposable;
  /** Answers how many seconds the longest of them has to wait. */
  wrong(keys: readonly string[]): number;
  /** Forgets the wrong ones of a person; those of a network address pass with time alone. */
  right(keys: readonly string[]): void;
  /** How long the longest of them has to wait still, ms. */
  waitMs(keys: readonly string[]): number;
}

export const createThrottle = (clock: Clock): Throttle => {
  const records = new Map<string, Tries>();
  const underWay = new Map<string, number>();
  const count = (key: string, step: number): void => {
    const next = (underWay.get(key) ?? 0) + step;
    if (next > 0) underWay.set(key, next);
    else underWay.delete(key);
  };
  const waitOf = (keys: readonly string[], now: number): number =>
    Math.max(0, ...keys.map((key) => (records.get(key)?.untilMs ?? now) - now));
  return {
    waitMs: (keys) => waitOf(keys, clock.monotonicMs()),
    begin(keys) {
      const now = clock.monotonicMs();
      const waitMs = waitOf(keys, now);
      if (waitMs > 0) throw fail("auth.throttled", { retryAfterS: Math.ceil(waitMs / 1_000) });
      if (keys.some((key) => (underWay.get(key) ?? 0) >= MAX_TRIES_AT_ONCE))
        throw fail("auth.throttled", { retryAfterS: 1 });
      for (const key of keys) count(key, 1);
      return {
        [Symbol.dispose]: () => {
          for (const key of keys) count(key, -1);
        },
      };
    },
    wrong(keys) {
      const now = clock.monotonicMs();
      for (const key of keys) {
        const known = records.get(key);
        const isOld = isShared(key) && known && known.atMs + HOST_TRIES_KEPT_MS <= now;
        records.delete(key);
        const wrong = (isOld ? 0 : (known?.wrong ?? 0)) + 1;
        const over = wrong - (isShared(key) ? FREE_TRIES_PER_HOST_LIMIT : FREE_TRIES_LIMIT);
        const untilMs =
          over < 0 ? 0 : now + Math.min(MAX_SIGN_IN_WAIT_MS, 1_000 * 2 ** Math.min(over, 20));
        records.set(key, { wrong, untilMs, atMs: now });
        if (records.size > MAX_THROTTLED) {
          const oldest = records.keys().next().value;
          if (oldest !== undefined) records.delete(oldest);
        }
      }
      return Math.ceil(waitOf(keys, now) / 1_000);
    },
    right(keys) {
      for (const key of keys) if (!isShared(key)) records.delete(key);
    },
  };
};
