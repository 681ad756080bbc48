// Notices a peer that is gone without saying so: a board whose power was cut, a route that broke.
import type { Clock, Timer } from "@s4t/kit";

/**
 * A ping goes out this often, and a peer that was not heard from one ping to the next is gone: seen within two periods, 28 s.
 * Shorter costs CPU for thousands of idle boards, longer breaks the promise that a lost board shows within half a minute.
 */
export const PING_EVERY_MS = 14_000;

/** A running keep-alive. */
export interface KeepAlive {
  /** Call for whatever comes in. */
  heard(): void;
  stop(): void;
}

/** Starts to ping, and calls `gone` once when nothing came back for a whole period. */
export const startKeepAlive = (
  clock: Clock,
  everyMs: number,
  connection: { ping(): void; gone(): void },
): KeepAlive => {
  let heard = true;
  let timer: Timer;
  const beat = (): void => {
    if (!heard) {
      connection.gone();
      return;
    }
    heard = false;
    connection.ping();
    timer = clock.after(everyMs, beat);
  };
  timer = clock.after(everyMs, beat);
  return {
    heard() {
      heard = true;
    },
    stop: () => timer.cancel(),
  };
};
