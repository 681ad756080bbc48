// How often something may be done for somebody: so many times within a stretch of time, counted from the first.
import type { Clock } from "@s4t/kit";

/** Names that are counted; the oldest are forgotten first. */
export const MAX_PACED = 10_000;

export interface Pace {
  /** Seconds until it may be done again; 0: it may, and was counted. */
  take(key: string, limit: number): number;
}

/** Makes one; `everyMs`: the stretch. */
export const createPace = (clock: Clock, everyMs: number): Pace => {
  const counted = new Map<string, { count: number; readonly untilMs: number }>();
  return {
    take(key, limit) {
      const now = clock.monotonicMs();
      const known = counted.get(key);
      if (known && known.untilMs > now) {
        if (known.count >= limit) return Math.ceil((known.untilMs - now) / 1_000);
        known.count += 1;
        return 0;
      }
      counted.delete(key);
      counted.set(key, { count: 1, untilMs: now + everyMs });
      if (counted.size > MAX_PACED) {
        const oldest = counted.keys().next().value;
        if (oldest !== undefined) counted.delete(oldest);
      }
      return 0;
    },
  };
};
