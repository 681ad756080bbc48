// Bytes that came in pieces and wait for the rest of what they belong to. Tiny pieces are joined as they come: each would be an
// object of far more bytes than it carries, and a message of a million of them would stop the loop when it is put together.

/** From this size on a piece is kept as it came: below it joining costs less than keeping. */
const JOIN_BELOW_BYTES = 4_096;

/** First in, first out. What is taken may be changed in place: nobody else sees those bytes. */
export class PieceQueue {
  #pieces: Buffer[] = [];
  /** What the last piece lies in, where it was joined. */
  #room: Buffer | undefined;
  #roomUsed = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(piece: Buffer): void {
    this.#bytes += piece.length;
    const last = this.#pieces.at(-1);
    if (!last || last.length >= JOIN_BELOW_BYTES || piece.length >= JOIN_BELOW_BYTES) {
      this.#pieces.push(piece);
      this.#room = undefined;
      return;
    }
    const size = last.length + piece.length;
    if (!this.#room || this.#roomUsed + piece.length > this.#room.length) {
      // Twice what there is: each byte is copied a few times at most.
      this.#room = Buffer.allocUnsafe(2 * size);
      this.#roomUsed = last.copy(this.#room);
    }
    this.#roomUsed += piece.copy(this.#room, this.#roomUsed);
    this.#pieces[this.#pieces.length - 1] = this.#room.subarray(
      this.#roomUsed - size,
      this.#roomUsed,
    );
  }

  /** At least the first `count` bytes, which must be there, without taking them. */
  peek(count: number): Buffer {
    const [first] = this.#pieces;
    if (first && first.length >= count) return first;
    const head = Buffer.allocUnsafe(count);
    let at = 0;
    for (const piece of this.#pieces) {
      at += piece.copy(head, at);
      if (at === count) break;
    }
    return head;
  }

  /** Takes the first `count` bytes, which must be there; a copy only where they lie across pieces. */
  take(count: number): Buffer {
    this.#bytes -= count;
    const first = this.#pieces[0];
    if (first && first.length > count) {
      this.#pieces[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    const taken: Buffer[] = [];
    let missing = count;
    let at = 0;
    while (missing > 0) {
      const piece = this.#pieces[at] as Buffer;
      if (piece.length > missing) {
        taken.push(piece.subarray(0, missing));
        this.#pieces[at] = piece.subarray(missing);
        break;
      }
      taken.push(piece);
      missing -= piece.length;
      at += 1;
    }
    this.#pieces.splice(0, at);
    return taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken, count);
  }

  clear(): void {
    this.#pieces = [];
    this.#room = undefined;
    this.#bytes = 0;
  }
}
