// Bytes that grow while they are written. One writer serves one serializer: encoding never waits.

const FIRST_BYTES = 4_096;
/** What one great message needed is not kept for the small ones after it. */
const KEPT_BYTES = 256 * 1_024;

const utf8 = new TextEncoder();

/** Writes numbers, texts and bytes one after the other. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  u8(value: number): void {
    this.#need(1);
    this.#bytes[this.#at++] = value;
  }

  u16(value: number): void {
    this.#need(2);
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#need(4);
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  /** A whole number up to 2^53 in eight bytes. */
  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32));
    this.u32(value % 2 ** 32);
  }

  i64(value: bigint): void {
    this.#need(8);
    this.#view.setBigInt64(this.#at, value);
    this.#at += 8;
  }

  f64(value: number): void {
    this.#need(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  bytes(value: Uint8Array): void {
    this.#need(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** A text behind its head, which `head` writes once the length in bytes is known. */
  text(value: string, head: (sizeBytes: number) => void): void {
    // Most texts are short and ASCII: written by hand they need neither a second buffer nor a call out of the engine.
    if (value.length <= 64 && isAscii(value)) {
      head(value.length);
      this.#need(value.length);
      for (let i = 0; i < value.length; i += 1) this.#bytes[this.#at++] = value.charCodeAt(i);
      return;
    }
    const encoded = utf8.encode(value);
    head(encoded.length);
    this.bytes(encoded);
  }

  /** A copy of what was written; the writer begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#at);
    this.reset();
    return taken;
  }

  reset(): void {
    this.#at = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#replace(new Uint8Array(FIRST_BYTES));
  }

  #need(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#replace(grown);
  }

  #replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) >= 128) return false;
  return true;
};
