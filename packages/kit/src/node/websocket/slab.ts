// Memory that is read into again: a fresh buffer for every read is the largest cost of passing bytes on. A slab is filled from its
// start to its end, and once more when nobody holds a piece of it. Sockets that are not busy have none: they all read into one place,
// from where the little that came is copied before anybody else reads.
import type { Lease } from "@s4t/kit";

/** A socket that has shown to be busy reads into so much at once. */
export const SLAB_BYTES = 262_144;
/** What all others read into: who fills it in one read is busy. */
const LANDING_BYTES = 4_096;
/** So many small reads on end, and a socket is no longer busy: its slab goes back. */
const QUIET_READS = 8;
/** A rest smaller than this is not read into: many small reads cost more than the memory. */
const MIN_READ_BYTES = 65_536;
/** Free slabs that are kept for whoever is next busy: 8 MiB. */
export const MAX_FREE_SLABS = 32;

/** One piece of memory, and how many hold it. */
class Slab implements Lease {
  readonly buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  holds = 0;
  /** Nobody fills it any more: with the last release it is free for another socket. */
  isLeft = false;

  hold(): void {
    this.holds += 1;
  }

  release(): void {
    this.holds -= 1;
    if (this.holds === 0 && this.isLeft) keep(this);
  }
}

const landing = Buffer.allocUnsafeSlow(LANDING_BYTES);
const free: Slab[] = [];
const keep = (slab: Slab): void => {
  if (free.length >= MAX_FREE_SLABS) return;
  slab.isLeft = false;
  free.push(slab);
};

/** The memory that one socket reads into. */
export class SlabReader {
  /** While it is busy. */
  #slab: Slab | undefined;
  #at = 0;
  /** Small reads since the last that was not. */
  #quietReads = 0;

  /** Where the next read goes. */
  get room(): Buffer {
    return this.#slab ? this.#slab.buffer.subarray(this.#at) : landing;
  }

  /** So many bytes were read into {@link room}; calls `use` with them, then makes room again. Without a lease they are a copy. */
  filled(count: number, use: (bytes: Buffer, lease?: Lease) => void): void {
    const slab = this.#slab;
    if (!slab) {
      if (count === LANDING_BYTES) this.#take();
      const copy = Buffer.allocUnsafe(count);
      landing.copy(copy, 0, 0, count);
      use(copy);
      return;
    }
    const start = this.#at;
    this.#at += count;
    this.#quietReads = count < LANDING_BYTES ? this.#quietReads + 1 : 0;
    slab.hold();
    use(slab.buffer.subarray(start, this.#at), slab);
    if (this.#quietReads >= QUIET_READS) this.#leave(slab);
    else if (slab.holds === 1) this.#at = 0;
    else if (SLAB_BYTES - this.#at < MIN_READ_BYTES) {
      this.#leave(slab);
      this.#take();
    }
    slab.release();
  }

  #take(): void {
    this.#slab = free.pop() ?? new Slab();
    this.#at = 0;
    this.#quietReads = 0;
  }

  #leave(slab: Slab): void {
    slab.isLeft = true;
    this.#slab = undefined;
  }

  /** The socket is over. */
  leave(): void {
    const slab = this.#slab;
    if (!slab) return;
    slab.hold();
    this.#leave(slab);
    slab.release();
  }
}
