// A message that lies across reads. It is kept in one piece of memory that grows with it: a peer who says that much will come, or sends
// it byte by byte, makes us hold no more than a few times what it has sent.

/** What a message begins with; most that lie across reads need more soon. */
const FIRST_BYTES = 512;
/** So many times what came may be taken for what is to come: a message that came to a quarter needs no more memory than its first. */
const AHEAD = 3;

/** The bytes of a message so far. */
export class Gathered {
  #memory: Buffer | undefined;
  #count = 0;

  /** Adds a copy of `piece`; `comingBytes`: how many are known to follow. */
  add(piece: Uint8Array, comingBytes: number): void {
    const count = this.#count + piece.length;
    if (this.#memory === undefined || count > this.#memory.length) {
      const ahead = Math.min(comingBytes, AHEAD * count);
      const grown = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, count + ahead, 2 * this.#count));
      this.#memory?.copy(grown, 0, 0, this.#count);
      this.#memory = grown;
    }
    this.#memory.set(piece, this.#count);
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): Buffer {
    return this.#memory?.subarray(0, this.#count) ?? Buffer.alloc(0);
  }
}
