// A board that has just joined offers its procedures a moment later: who has a command for it waits that long.
import { type Clock, sleep } from "@s4t/kit";
import { isWampError, wampErrors } from "@s4t/wamp";

/** How long a board gets from its joining to its offer … */
export const OFFER_WAIT_MS = 5_000;
/** … and how often that is looked at by who has a command for it. */
export const OFFER_RETRY_MS = 50;

/** Makes a call that nobody took again, as long as its board joined no longer ago than `waitMs`. `joinedMs`: when, by the monotonic clock. */
export const onceOffered = async <T>(
  clock: Clock,
  joinedMs: () => number | undefined,
  signal: AbortSignal,
  call: () => Promise<T>,
  waitMs = OFFER_WAIT_MS,
): Promise<T> => {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const joined = joinedMs();
      const isEarly = joined !== undefined && clock.monotonicMs() - joined < waitMs;
      if (!isWampError(error) || error.uri !== wampErrors.noSuchProcedure || !isEarly) throw error;
    }
    await sleep(clock, OFFER_RETRY_MS, signal);
  }
};
