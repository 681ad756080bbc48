// What a board tells of its target, for who waits for something there.
import { type Clock, untilAborted } from "@s4t/kit";
import type { Change } from "../../edge/facts.ts";

export interface BoardWatch {
  /** Resolves when the board has told something since it was last asked; false: the time is over. Rejects with the signal's reason. */
  news(): Promise<boolean>;
  stop(): void;
}

export interface WatchDependencies {
  readonly clock: Clock;
  readonly subscribe: (listener: (change: Change) => void) => () => void;
}

/** Begins to listen. */
export const watchBoard = (
  { clock, subscribe }: WatchDependencies,
  board: string,
  { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
): BoardWatch => {
  let isTold = false;
  let isOver = false;
  let wakeUp = Promise.withResolvers<void>();
  const unsubscribe = subscribe(({ noun, uuid, patch }) => {
    if (noun !== "board" || uuid !== board || !("targetReached" in patch)) return;
    isTold = true;
    wakeUp.resolve();
  });
  const timer = clock.after(limitMs, () => {
    isOver = true;
    wakeUp.resolve();
  });
  return {
    async news() {
      await untilAborted(wakeUp.promise, signal);
      const told = isTold;
      isTold = false;
      if (!isOver) wakeUp = Promise.withResolvers<void>();
      return told;
    },
    stop() {
      timer.cancel();
      unsubscribe();
    },
  };
};
