// Time as a dependency. Nothing in the house reads the machine's clock by itself: simulators and tests bring their own.

/** A running timer. */
export interface Timer {
  cancel(): void;
}

/** Wall time, monotonic time and timers. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z, an integer. May jump when somebody sets the clock. */
  now(): number;
  /** Milliseconds since an arbitrary moment; never goes back. Use it for every duration. */
  monotonicMs(): number;
  /** Calls `then` once after `delayMs`. The timer does not keep the process alive unless `keepAlive`. */
  after(delayMs: number, then: () => void, options?: { readonly keepAlive?: boolean }): Timer;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, then, options) {
    const handle: unknown = setTimeout(then, delayMs);
    // Node's handle is an object that can be detached from the process's life; a browser's is a number.
    if (!options?.keepAlive) (handle as { unref?(): void }).unref?.();
    return { cancel: () => clearTimeout(handle as number) };
  },
};

/** Waits `delayMs`; rejects with the signal's reason when it aborts first. */
export const sleep = (clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.after(
      delayMs,
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      { keepAlive: true },
    );
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });

/** int64 milliseconds → RFC 3339 in UTC with `Z`, as everything of ours prints time. */
export const toRfc3339 = (ms: number): string => new Date(ms).toISOString();
