// Memory that is read into again: a fresh buffer for every read is the largest cost of passing bytes on. A slab is filled from its
// start to its end, and once more when nobody holds a piece of it.
import type { Lease } from "../transport.ts";

/** A socket that has shown to be busy reads into so much at once. */
export const SLAB_BYTES = 262_144;
/** What every socket begins with: most connections are short, and most open ones idle. */
const FIRST_SLAB_BYTES = 4_096;
/** So many small reads on end, and a socket is no longer busy: its large slab goes back. */
const QUIET_READS = 8;
/** A rest smaller than this is not read into: many small reads cost more than the memory. */
const MIN_READ_BYTES = 65_536;
const MIN_FIRST_READ_BYTES = 512;
/** Free slabs that are kept for whoever is next busy: 8 MiB. */
export const MAX_FREE_SLABS = 32;
/** The same of those that sockets begin with: 1 MiB. */
const MAX_FREE_FIRST_SLABS = 256;

/** One piece of memory, and how many hold it. */
class Slab implements Lease {
  readonly buffer: Buffer;
  holds = 0;
  /** Nobody fills it any more: with the last release it is free for another socket. */
  isLeft = false;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
  }

  hold(): void {
    this.holds += 1;
  }

  release(): void {
    this.holds -= 1;
    if (this.holds === 0 && this.isLeft) keep(this);
  }
}

const free: Slab[] = [];
const freeFirst: Slab[] = [];
const keep = (slab: Slab): void => {
  const isLarge = slab.buffer.length === SLAB_BYTES;
  const list = isLarge ? free : freeFirst;
  if (list.length >= (isLarge ? MAX_FREE_SLABS : MAX_FREE_FIRST_SLABS)) return;
  slab.isLeft = false;
  list.push(slab);
};
const take = (isLarge: boolean): Slab =>
  (isLarge ? free : freeFirst).pop() ?? new Slab(isLarge ? SLAB_BYTES : FIRST_SLAB_BYTES);

/** The memory that one socket reads into. */
export class SlabReader {
  #slab = take(false);
  #at = 0;
  /** Small reads since the last that was not. */
  #quietReads = 0;

  /** Where the next read goes. */
  get room(): Buffer {
    return this.#slab.buffer.subarray(this.#at);
  }

  /** So many bytes were read into {@link room}; calls `use` with them, then makes room again. */
  filled(count: number, use: (bytes: Buffer, lease: Lease) => void): void {
    const slab = this.#slab;
    const start = this.#at;
    this.#at += count;
    this.#quietReads = count < FIRST_SLAB_BYTES ? this.#quietReads + 1 : 0;
    slab.hold();
    use(slab.buffer.subarray(start, this.#at), slab);
    const isLarge = slab.buffer.length === SLAB_BYTES;
    if (isLarge ? this.#quietReads >= QUIET_READS : count === slab.buffer.length)
      this.#take(!isLarge);
    else if (slab.holds === 1) this.#at = 0;
    else if (slab.buffer.length - this.#at < (isLarge ? MIN_READ_BYTES : MIN_FIRST_READ_BYTES))
      this.#take(isLarge);
    slab.release();
  }

  #take(isLarge: boolean): void {
    this.#slab.isLeft = true;
    this.#slab = take(isLarge);
    this.#at = 0;
    this.#quietReads = 0;
  }

  /** The socket is over. */
  leave(): void {
    const slab = this.#slab;
    slab.hold();
    slab.isLeft = true;
    slab.release();
  }
}
