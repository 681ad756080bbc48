// Untrusted bytes, read one after the other. Whatever is not there, or not what it says, is a protocol violation.
import { WampError, wampErrors } from "../error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is thrown for bytes that are no message. */
export const unreadable = (because: string, cause?: unknown): WampError =>
  new WampError(wampErrors.protocolViolation, `The frame is not acceptable: ${because}.`, {
    ...(cause === undefined ? {} : { cause }),
  });

/** Of 9 or 11 characters each. */
const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);

/** A key of a dictionary; those through which prototypes are polluted are refused. */
export const goodKey = (key: unknown): string => {
  if (typeof key !== "string") throw unreadable("a key is no text");
  if (forbiddenKeys.has(key)) throw unreadable("a key is one of __proto__, constructor, prototype");
  return key;
};

/**
 * A whole number of 64 bits as a double. What follows 2^53 would be rounded down to it: it is taken up instead, so that an id that
 * is too great is never taken for the greatest.
 */
export const fromWords = (high: number, low: number): number => {
  const value = high * 2 ** 32 + low;
  return value === 2 ** 53 && low !== 0 ? 2 ** 53 + 2 : value;
};

/** Reads numbers, texts and bytes. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  u8(): number {
    this.#need(1);
    return this.bytes[this.at++] as number;
  }

  i8(): number {
    this.#need(1);
    return this.#view.getInt8(this.at++);
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  u64(): number {
    const at = this.#take(8);
    return fromWords(this.#view.getUint32(at), this.#view.getUint32(at + 4));
  }

  i64(): number {
    return Number(this.#view.getBigInt64(this.#take(8)));
  }

  /** Half precision (IEEE 754 binary16), as CBOR has it. */
  f16(): number {
    const half = this.u16();
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    const sign = half & 0x8000 ? -1 : 1;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1_024 + fraction) * 2 ** (exponent - 25);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4));
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  /** A view, not a copy. */
  slice(sizeBytes: number): Uint8Array {
    const at = this.#take(sizeBytes);
    return this.bytes.subarray(at, at + sizeBytes);
  }

  text(sizeBytes: number): string {
    const bytes = this.slice(sizeBytes);
    if (sizeBytes <= 32) {
      let text = "";
      for (const byte of bytes) {
        if (byte >= 128) return decode(bytes);
        text += String.fromCharCode(byte);
      }
      return text;
    }
    return decode(bytes);
  }

  /** Goes over a text, and looks whether it is one. */
  skipText(sizeBytes: number): void {
    const at = this.#take(sizeBytes);
    for (let i = at; i < this.at; i += 1)
      if ((this.bytes[i] as number) >= 128) {
        decode(this.bytes.subarray(at, this.at));
        return;
      }
  }

  /** Goes over a text that is a key, as {@link goodKey} would have it. */
  skipKey(sizeBytes: number): void {
    if (sizeBytes === 9 || sizeBytes === 11) goodKey(this.text(sizeBytes));
    else this.skipText(sizeBytes);
  }

  /** A count of things that have at least a byte each. */
  count(things: number): number {
    if (things > this.left) throw unreadable("it ends too soon");
    return things;
  }

  #take(sizeBytes: number): number {
    this.#need(sizeBytes);
    const { at } = this;
    this.at += sizeBytes;
    return at;
  }

  #need(sizeBytes: number): void {
    if (this.left < sizeBytes) throw unreadable("it ends too soon");
  }
}

const decode = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw unreadable("a text is not UTF-8", cause);
  }
};
