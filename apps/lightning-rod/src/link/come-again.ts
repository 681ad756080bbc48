// When to try the cloud again: one answer for the link and for the enrolment before it, which share the cloud's places for joins.
import { type Backoff, createBackoff } from "@s4t/kit";
import { isWampError } from "@s4t/wamp";

/** First pause before a new try. */
export const RECONNECT_FIRST_MS = 500;
/** Longest pause before a new try, unless the cloud asks for more. */
export const RECONNECT_CAP_MS = 5_000;
/** Longest that a cloud may ask a board to stay away: beyond, it asks for what no board of its would want. */
export const MAX_HINT_MS = 300_000;

/** Pauses between tries to reach the cloud. */
export const createPauses = (random: () => number): Backoff =>
  createBackoff({ firstMs: RECONNECT_FIRST_MS, capMs: RECONNECT_CAP_MS }, random);

/**
 * When a cloud that has too many joins under way wants to be asked again: whole seconds, rounded up, and boards undo the rounding.
 * 0 where it did not say.
 */
export const hintOf = (error: unknown, random: () => number): number => {
  const afterS = isWampError(error) ? error.details?.retryAfterS : undefined;
  return typeof afterS === "number"
    ? Math.min(MAX_HINT_MS, Math.max(0, afterS - random()) * 1_000)
    : 0;
};
