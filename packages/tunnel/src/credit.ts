// How much a sender may have under way: the reader's window. It starts small and doubles while the reader consumes it within two
// round trips, so that a long path is filled; what one stream has learned, the next one of the tunnel starts with.
import type { Clock } from "@s4t/kit";

/** What a new stream starts with where nothing is known of the path. */
export const FIRST_WINDOW_BYTES = 262_144;
/** The largest window: fills a path of 100 ms at 1.3 Gbit/s. */
export const MAX_WINDOW_BYTES = 16_777_216;
/** Windows of one tunnel together, but for the least of each stream: what a peer can make the other end hold. */
export const MAX_WINDOWS_BYTES = 67_108_864;
/** The least that a stream starts with, however many there are: with all of them, as much again. */
export const MIN_WINDOW_BYTES = 16_384;
/** Credit is given back in parts of a window: with halves, half of it would always be on its way back. */
const CREDIT_PARTS = 8;
/** Smaller parts cost more than they bring. */
const MIN_CREDIT_BYTES = 65_536;
/** A new stream gets at most this part of what is left, so that many streams leave something to those that come. */
const SHARE_OF_REST = 8;

/** What the streams of a tunnel share. */
export interface CreditPool {
  readonly clock: Clock;
  /** Of the last ping, ms; undefined before the first. */
  roundTripMs: number | undefined;
  /** Window that the path has shown to need. */
  learnedBytes: number;
  /** Windows that are given, together. */
  givenBytes: number;
}

/** Makes the pool of a tunnel. */
export const createCreditPool = (clock: Clock): CreditPool => ({
  clock,
  roundTripMs: undefined,
  learnedBytes: FIRST_WINDOW_BYTES,
  givenBytes: 0,
});

/** The window of one direction of a stream, at its reader. */
export class Window {
  readonly #pool: CreditPool;
  #bytes: number;
  /** Consumed, and not given back yet. */
  #consumed = 0;
  /** Sent by the peer and not consumed yet. */
  #held = 0;
  /** Consumed since the time is taken, until it is half a window. */
  #timed = 0;
  #startedMs: number;

  constructor(pool: CreditPool) {
    this.#pool = pool;
    const share = Math.floor((MAX_WINDOWS_BYTES - pool.givenBytes) / SHARE_OF_REST);
    this.#bytes = Math.max(MIN_WINDOW_BYTES, Math.min(pool.learnedBytes, share));
    pool.givenBytes += this.#bytes;
    this.#startedMs = pool.clock.monotonicMs();
  }

  /** What the sender may begin with. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The peer sent so many; false: more than it had credit for. */
  receive(count: number): boolean {
    this.#held += count;
    return this.#held + this.#consumed <= this.#bytes;
  }

  /** The reader consumed so many; answers the credit to give now, 0 for none yet. */
  consume(count: number): number {
    this.#held -= count;
    this.#consumed += count;
    this.#timed += count;
    const grown = this.#timed * 2 < this.#bytes ? 0 : this.#grow();
    const least = Math.max(MIN_CREDIT_BYTES, this.#bytes / CREDIT_PARTS);
    if (grown === 0 && this.#consumed < Math.min(least, this.#bytes / 2)) return 0;
    const credit = this.#consumed + grown;
    this.#consumed = 0;
    return credit;
  }

  /** Half a window was consumed: answers what it grows by, where that took no longer than two round trips. */
  #grow(): number {
    const now = this.#pool.clock.monotonicMs();
    const tookMs = now - this.#startedMs;
    this.#startedMs = now;
    this.#timed = 0;
    const { roundTripMs, givenBytes } = this.#pool;
    if (roundTripMs === undefined || tookMs > roundTripMs * 2) return 0;
    const more = Math.min(
      this.#bytes,
      MAX_WINDOW_BYTES - this.#bytes,
      MAX_WINDOWS_BYTES - givenBytes,
    );
    if (more <= 0) return 0;
    this.#bytes += more;
    this.#pool.givenBytes += more;
    this.#pool.learnedBytes = Math.max(this.#pool.learnedBytes, this.#bytes);
    return more;
  }

  /** The stream is over. */
  release(): void {
    this.#pool.givenBytes -= this.#bytes;
    this.#bytes = 0;
  }
}
