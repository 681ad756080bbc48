import type { Clock, Timer } from "./clock.ts";

/** Work that is done once for all that asked for it meanwhile. */
export interface Gathering {
  /** Asks for it within so many milliseconds: at the earliest moment that anybody asked for, once for all. */
  within(ms: number): void;
  /** Nobody asks any more. */
  cancel(): void;
}

/**
 * Makes one. Once `work` begins, whoever asks waits for the next time.
 *
 * @example
 * const sending = createGathering(clock, () => send(waiting.splice(0)));
 * sending.within(250); // with what comes meanwhile
 * sending.within(20); // somebody waits for this: all of it goes now
 */
export const createGathering = (clock: Clock, work: () => void): Gathering => {
  let waiting: { readonly dueMs: number; readonly timer: Timer } | undefined;
  const cancel = (): void => {
    waiting?.timer.cancel();
    waiting = undefined;
  };
  return {
    within(ms) {
      const dueMs = clock.monotonicMs() + ms;
      if (waiting && waiting.dueMs <= dueMs) return;
      cancel();
      const timer = clock.after(ms, () => {
        waiting = undefined;
        work();
      });
      waiting = { dueMs, timer };
    },
    cancel,
  };
};
