// Answers that are had already: kept for a short time, few enough, and asked for once however many want them.
import type { Clock } from "@s4t/kit";

/** Answers that are kept at once; beyond that the oldest goes. */
export const MAX_KEPT = 20_000;

export interface Kept<T> {
  /** What is kept by `key`, or what `ask` answers. `hold`: how long an answer may be kept, from the moment it was asked for. */
  get(key: string, ask: (startedMs: number) => Promise<T>, hold: (answer: T) => number): Promise<T>;
  forget(key: string): void;
}

/** Makes it. `remembered`: hears of each answer that nobody had to be asked for. */
export const createKept = <T>(clock: Clock, remembered: () => void): Kept<T> => {
  const kept = new Map<string, { readonly answer: T; readonly untilMs: number }>();
  const flights = new Map<string, Promise<T>>();
  return {
    get(key, ask, hold) {
      const known = kept.get(key);
      const nowMs = clock.monotonicMs();
      if (known && nowMs < known.untilMs) {
        remembered();
        return Promise.resolve(known.answer);
      }
      kept.delete(key);
      const under = flights.get(key);
      if (under) return under;
      const flight = ask(nowMs).then((answer) => {
        // Forgotten while it was asked for: it may be of before.
        if (flights.get(key) === flight) {
          if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value as string);
          kept.set(key, { answer, untilMs: nowMs + hold(answer) });
        }
        return answer;
      });
      flights.set(key, flight);
      const end = (): void => {
        if (flights.get(key) === flight) flights.delete(key);
      };
      flight.then(end, end);
      return flight;
    },
    forget(key) {
      kept.delete(key);
      flights.delete(key);
    },
  };
};
