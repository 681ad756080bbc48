// Codes that are not known, by address: a code is short, and whoever guesses one is a board.
import type { Clock } from "@s4t/kit";

/** Codes that one address may get wrong … */
export const MAX_WRONG_CODES = 10;
/** … within this; then none of it is looked at until it has passed. */
export const WRONG_CODES_MS = 60_000;
/** The same of all addresses together: addresses cost a stranger nothing. */
export const MAX_WRONG_CODES_IN_ALL = 600;

export interface Guesses {
  /** Whether a code of this address is looked at. */
  mayTry(address: string): boolean;
  wrong(address: string): void;
}

/** Makes it. */
export const createGuesses = ({ monotonicMs }: Pick<Clock, "monotonicMs">): Guesses => {
  const counts = new Map<string, number>();
  let all = 0;
  let sinceMs = monotonicMs();
  const turn = (): void => {
    if (monotonicMs() - sinceMs < WRONG_CODES_MS) return;
    sinceMs = monotonicMs();
    counts.clear();
    all = 0;
  };
  return {
    mayTry(address) {
      turn();
      return all < MAX_WRONG_CODES_IN_ALL && (counts.get(address) ?? 0) < MAX_WRONG_CODES;
    },
    wrong(address) {
      turn();
      all += 1;
      counts.set(address, (counts.get(address) ?? 0) + 1);
    },
  };
};
