// Sessions in the original's realm that are no board's yet: so many, and for so long.
import type { Clock, Timer } from "@s4t/kit";

/** How long a session may stay without being a board's: an agent registers or connects at once. */
export const STRANGER_LIFE_MS = 60_000;
/** Most of one address: a fleet behind one router that is back all at once. */
export const MAX_STRANGERS_OF_ADDRESS = 64;
/** Most in all. */
export const MAX_STRANGERS = 2_000;

export interface Strangers {
  /** Takes one in; false where there are too many. `end` is called when its time is over. */
  add(session: number, address: string, end: () => void): boolean;
  /** It has become a board's, or has left. */
  remove(session: number): void;
  readonly size: number;
}

/** Makes it. */
export const createStrangers = (clock: Clock): Strangers => {
  const held = new Map<number, { readonly address: string; readonly timer: Timer }>();
  const ofAddress = new Map<string, number>();
  return {
    add(session, address, end) {
      const own = ofAddress.get(address) ?? 0;
      if (held.size >= MAX_STRANGERS || own >= MAX_STRANGERS_OF_ADDRESS) return false;
      ofAddress.set(address, own + 1);
      held.set(session, { address, timer: clock.after(STRANGER_LIFE_MS, end) });
      return true;
    },
    remove(session) {
      const found = held.get(session);
      if (!found) return;
      held.delete(session);
      found.timer.cancel();
      const left = (ofAddress.get(found.address) ?? 1) - 1;
      if (left > 0) ofAddress.set(found.address, left);
      else ofAddress.delete(found.address);
    },
    get size() {
      return held.size;
    },
  };
};
