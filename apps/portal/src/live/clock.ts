// One clock for every age on the page: ticks once a second, corrected by the server's time so that a wrong clock of this
// machine does not make values look old.
import { useSyncExternalStore } from "react";

/** Ages are shown to the second at best. */
const TICK_MS = 1_000;

const listeners = new Set<() => void>();
let skewMs = 0;
let tick = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/** Server's time as well as we know it. */
export const now = (): number => Date.now() + skewMs;

/** Learns the server's time from a beat. */
export const setServerTime = (serverMs: number): void => {
  skewMs = serverMs - Date.now();
};

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  if (!timer) {
    tick = now();
    timer = setInterval(() => {
      tick = now();
      for (const each of listeners) each();
    }, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer) {
      clearInterval(timer);
      timer = undefined;
    }
  };
};

/** The present second; the component renders again with each. */
export const useNow = (): number =>
  useSyncExternalStore(subscribe, () => (timer ? tick : Math.floor(now() / TICK_MS) * TICK_MS));
