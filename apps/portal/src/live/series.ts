// Live values of boards' sensors: the last of each, and a short tail for plots.
import { useCallback, useSyncExternalStore } from "react";
import { createLiveStore } from "./store.ts";

/** Ten minutes at one value in five seconds: stored values have caught up long before. */
const MAX_TAIL_POINTS = 120;

export interface LiveValue {
  readonly at: number;
  readonly value: number;
}
/** By `board/series`. */
export const liveValues = createLiveStore<LiveValue>();

type Tail = readonly (readonly [at: number, value: number])[];
const tails = createLiveStore<Tail>();
const names = new Map<string, Set<string>>();
const none: Tail = [];

/** Takes values that a board measured at one moment. */
export const noteValues = (
  board: string,
  at: number,
  values: Readonly<Record<string, number>>,
): void => {
  const known = names.get(board) ?? new Set<string>();
  names.set(board, known);
  for (const [name, value] of Object.entries(values)) {
    const key = `${board}/${name}`;
    const tail = tails.get(key) ?? none;
    // A snapshot after a break may repeat what is known.
    if ((tail.at(-1)?.[0] ?? 0) >= at) continue;
    known.add(key);
    liveValues.put(key, { at, value });
    tails.put(key, [...tail, [at, value] as const].slice(-MAX_TAIL_POINTS));
  }
};

/** The live points of a board, to let go of when nobody looks any more. */
export const tailOf = (board: string): { clear(): void } => ({
  clear() {
    for (const key of names.get(board) ?? []) tails.remove(key);
    names.delete(board);
  },
});

export const useLiveTail = (board: string, name: string): Tail => {
  const key = `${board}/${name}`;
  const subscribe = useCallback((listener: () => void) => tails.subscribe(key, listener), [key]);
  return useSyncExternalStore(subscribe, () => tails.get(key) ?? none);
};
