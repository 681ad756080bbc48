// Wrong passwords cost time: after a few, each name and each address waits longer from try to try.
import { fail } from "@s4t/contract";
import type { Clock } from "@s4t/kit";

/** Wrong tries that are free: people mistype. */
export const FREE_TRIES_LIMIT = 5;
/** Longest wait after a wrong try. */
export const MAX_SIGN_IN_WAIT_MS = 300_000;
/** Tries of one name or address under way at once: guesses sent all together must not all count as the first. */
export const MAX_TRIES_AT_ONCE = 16;
/** Names and addresses remembered; the oldest are forgotten first. */
export const MAX_THROTTLED = 10_000;

interface Tries {
  wrong: number;
  untilMs: number;
}

export interface Throttle {
  /** Begins a try. Throws `auth.throttled` while any of the keys has to wait. Dispose of it when the try has been judged. */
  begin(keys: readonly string[]): Disposable;
  wrong(keys: readonly string[]): void;
  right(keys: readonly string[]): void;
}

export const createThrottle = (clock: Clock): Throttle => {
  const records = new Map<string, Tries>();
  const underWay = new Map<string, number>();
  const count = (key: string, step: number): void => {
    const next = (underWay.get(key) ?? 0) + step;
    if (next > 0) underWay.set(key, next);
    else underWay.delete(key);
  };
  return {
    begin(keys) {
      const now = clock.monotonicMs();
      const until = Math.max(0, ...keys.map((key) => records.get(key)?.untilMs ?? 0));
      if (until > now)
        throw fail("auth.throttled", { retryAfterS: Math.ceil((until - now) / 1_000) });
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
        const record = records.get(key) ?? { wrong: 0, untilMs: 0 };
        records.delete(key);
        const wrong = record.wrong + 1;
        const over = wrong - FREE_TRIES_LIMIT;
        const untilMs =
          over < 0 ? 0 : now + Math.min(MAX_SIGN_IN_WAIT_MS, 1_000 * 2 ** Math.min(over, 20));
        records.set(key, { wrong, untilMs });
        if (records.size > MAX_THROTTLED) {
          const oldest = records.keys().next().value;
          if (oldest !== undefined) records.delete(oldest);
        }
      }
    },
    right(keys) {
      for (const key of keys) records.delete(key);
    },
  };
};
