// How fast boards of a project get their turns: one bucket for all of its bulk operations together.
import { MAX_BULK_PER_SECOND } from "@s4t/contract";
import { type Clock, sleep } from "@s4t/kit";

/** Turns that may be taken at once after a silence: what a fifth of a second allows. */
const BURST_PART = 0.2;

export interface Pace {
  /** Resolves when it is the turn of one more. Rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>;
}

/** Makes one of so many turns a second. */
export const createPace = (clock: Clock, perSecond: number): Pace => {
  const gapMs = 1_000 / perSecond;
  const burstMs = Math.max(gapMs, 1_000 * BURST_PART);
  // When the next turn would be if turns were taken one by one.
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    async turn(signal) {
      signal.throwIfAborted();
      const now = clock.monotonicMs();
      nextMs = Math.max(nextMs + gapMs, now - burstMs + gapMs);
      const waitMs = nextMs - now;
      if (waitMs > 0) await sleep(clock, waitMs, signal);
    },
  };
};

/** One for each key, kept for as long as somebody uses it. */
export const createPaces = (clock: Clock) => {
  const paces = new Map<string, { readonly pace: Pace; users: number }>();
  return {
    /** The project's own; `leave` when it is not used any more. */
    join(project: string): { readonly pace: Pace; leave(): void } {
      const found = paces.get(project) ?? {
        pace: createPace(clock, MAX_BULK_PER_SECOND),
        users: 0,
      };
      found.users += 1;
      paces.set(project, found);
      return {
        pace: found.pace,
        leave() {
          found.users -= 1;
          if (found.users === 0) paces.delete(project);
        },
      };
    },
  };
};
