// A clock that a test moves: timers fire in order while time is advanced.
import type { Clock } from "../src/clock.ts";

export interface ManualClock extends Clock {
  /** Moves both clocks on, firing what is due, each timer at its own moment. */
  advance(ms: number): void;
}

/** Makes one that stands at `startMs` (wall) and 0 (monotonic). */
export const createManualClock = (startMs = 1_800_000_000_000): ManualClock => {
  let passed = 0;
  const timers = new Set<{ readonly at: number; readonly then: () => void }>();
  return {
    now: () => startMs + passed,
    monotonicMs: () => passed,
    after(delayMs, then) {
      const timer = { at: passed + delayMs, then };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance(ms) {
      const until = passed + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        passed = next.at;
        next.then();
      }
      passed = until;
    },
  };
};
