// Notices a peer that is gone without saying so: a board whose power was cut, a route that broke.
import type { Clock, Timer } from "@s4t/kit";

/**
 * A ping goes out this often, and a peer that was not heard from one ping to the next is gone: seen within two periods, 28 s.
 * Shorter costs CPU for thousands of idle boards, longer breaks the promise that a lost board shows within half a minute.
 */
export const PING_EVERY_MS = 14_000;

/** A running keep-alive. */
export interface KeepAlive {
  stop(): void;
}

/** A connection as a keep-alive sees it. */
export interface KeptConnection {
  ping(): void;
  gone(): void;
  /** Whatever came in so far. Bytes, not messages: a long message over a slow line is a sign of life, too. */
  bytesRead(): number;
}

/** Starts to ping, and calls `gone` once when nothing came in for a whole period. */
export const startKeepAlive = (
  clock: Clock,
  everyMs: number,
  connection: KeptConnection,
): KeepAlive => {
  let seen = -1;
  let timer: Timer;
  const beat = (): void => {
    const bytes = connection.bytesRead();
    if (bytes === seen) {
      connection.gone();
      return;
    }
    seen = bytes;
    connection.ping();
    timer = clock.after(everyMs, beat);
  };
  timer = clock.after(everyMs, beat);
  return { stop: () => timer.cancel() };
};
