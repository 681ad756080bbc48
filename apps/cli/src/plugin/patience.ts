// Work of thousands of requests goes on where one of them met a cloud that could not just then.
import { createBackoff, isS4tError, sleep, systemClock } from "@s4t/kit";
import { isRetryable } from "@s4t/sdk";
import type { Context } from "../context.ts";

/** First pause before a request is tried again, but by chance a shorter one. */
const RETRY_FIRST_MS = 500;
/** Longest pause, where the cloud does not name a longer one. */
const RETRY_CAP_MS = 10_000;
/** Tries of one request in all: half a minute, as long as a cloud that is started anew is away. */
const RETRY_TRIES = 8;

/**
 * Does what may be done twice, again while its error means "later" (the contract's `retryable`), after ever longer pauses, no shorter
 * than the cloud asks for. Throws the last error, and at once what Ctrl-C throws.
 */
export const patiently = async <T>(
  { out, signal }: Context,
  work: () => Promise<T>,
): Promise<T> => {
  const backoff = createBackoff({ firstMs: RETRY_FIRST_MS, capMs: RETRY_CAP_MS }, Math.random);
  for (let tries = 1; ; tries += 1)
    try {
      return await work();
    } catch (error) {
      if (!isS4tError(error) || !isRetryable(error) || tries >= RETRY_TRIES) throw error;
      out.line(`${error.message} Trying again.`);
      const hintS = (error.details as { retryAfterS?: unknown } | undefined)?.retryAfterS;
      const pauseMs = backoff.next(typeof hintS === "number" ? hintS * 1_000 : 0);
      await sleep(systemClock, pauseMs, signal);
    }
};
