// Who drops when, how, and for how long: drawn from a seed alone, so that the same seed drops the same boards in the same order.
import { type DropKind, dropKinds } from "@s4t/contract";
import { type Clock, sleep } from "@s4t/kit";

/** Longest that a board stays away by churn: beyond, it would be a board that is simply off. */
export const MAX_OUTAGE_MS = 10_000;

export interface Drop {
  /** Since the drop before. */
  readonly afterMs: number;
  /** Place in the list of boards. */
  readonly board: number;
  readonly kind: DropKind;
  readonly outageMs: number;
}

/** Drops without end, their times apart as chance has them (exponentially, so that none knows of the others). */
export function* drawDrops(
  random: () => number,
  boards: number,
  perSecond: number,
): Generator<Drop, never> {
  for (;;)
    yield {
      afterMs: (-Math.log(1 - random()) * 1_000) / perSecond,
      board: Math.floor(random() * boards),
      kind: dropKinds[Math.floor(random() * dropKinds.length)] ?? "cut",
      outageMs: random() * MAX_OUTAGE_MS,
    };
}

/** Drops boards until the signal. */
export const churn = async (
  drops: Iterable<Drop>,
  clock: Clock,
  drop: (drop: Drop) => void,
  signal: AbortSignal,
): Promise<void> => {
  for (const next of drops) {
    await sleep(clock, next.afterMs, signal);
    drop(next);
  }
};
