// When a reader is too slow. What one turn says in one piece it cannot have read yet, however fast it is: it is given a moment.
import type { Clock } from "@s4t/kit";

/** How long more than the limit may wait: a round trip to a far board, or a pause of its garbage collector. */
export const READER_GRACE_MS = 1_000;

/** Watches what waits for one reader: at most twice the limit ever, and more than the limit for a moment only. */
export class SlowReaderWatch {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #overSinceMs: number | undefined;

  constructor(clock: Clock, maxBytes: number) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** Asked before each message: whether it must go, for so much waits. */
  isTooSlow(waitingBytes: number): boolean {
    if (waitingBytes <= this.#maxBytes) {
      this.#overSinceMs = undefined;
      return false;
    }
    // Nothing was added since it was last over the limit that was not asked about: it was over all the while.
    this.#overSinceMs ??= this.#clock.monotonicMs();
    return (
      waitingBytes > 2 * this.#maxBytes ||
      this.#clock.monotonicMs() - this.#overSinceMs > READER_GRACE_MS
    );
  }
}
