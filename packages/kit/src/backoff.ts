// Waiting before another try: exponential with full jitter, so that a thousand boards that lost the same cloud do not return
// in step (M. Brooker, "Exponential Backoff And Jitter", 2015).

export interface BackoffOptions {
  readonly firstMs: number;
  readonly capMs: number;
}

/** A counter of tries that says how long to wait before the next. */
export interface Backoff {
  /** Milliseconds to wait now: uniform in [0, min(cap, first · 2^tries)). A server's hint is a floor, jittered by a quarter. */
  next(hintMs?: number): number;
  /** Call after a success or when the route to the peer changed. */
  reset(): void;
}

/** Makes a {@link Backoff}. `random` returns a number in [0, 1). */
export const createBackoff = (options: BackoffOptions, random: () => number): Backoff => {
  let tries = 0;
  return {
    next(hintMs = 0) {
      const ceiling = Math.min(options.capMs, options.firstMs * 2 ** Math.min(tries, 30));
      tries += 1;
      return Math.max(ceiling * random(), hintMs * (1 + random() / 4));
    },
    reset() {
      tries = 0;
    },
  };
};
