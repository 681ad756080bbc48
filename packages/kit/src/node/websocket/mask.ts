// The mask of RFC 6455, 5.3: four bytes, XORed over a payload again and again. They are handled as the 32-bit number that they are,
// least significant first. A native call would cost more than it saves for small frames, and is not needed for large ones.
import { randomFillSync } from "node:crypto";

/** From this size on four bytes are done at a time; below it the way there costs more than it saves. */
const WORDS_FROM_BYTES = 64;

/** The memory that was masked last, and the same as words: one read brings many frames. */
let memory: ArrayBufferLike | undefined;
let words: Int32Array = new Int32Array(0);

/**
 * Lays `mask` over `bytes` from `from` to `to`, in place. True where all that came out is known to be ASCII; false says nothing.
 */
export const applyMask = (bytes: Buffer, from: number, to: number, mask: number): boolean => {
  if (mask === 0) return false;
  let key = mask;
  let at = from;
  let all = 0;
  if (to - from >= WORDS_FROM_BYTES) {
    const { buffer, byteOffset } = bytes;
    if (memory !== buffer) {
      memory = buffer;
      words = new Int32Array(buffer, 0, buffer.byteLength >>> 2);
    }
    // Words lie at multiples of four in the memory below.
    const start = from + ((4 - ((byteOffset + from) & 3)) & 3);
    for (; at < start; at += 1) {
      const byte = (bytes[at] as number) ^ (key & 0xff);
      bytes[at] = byte;
      all |= byte;
      key = (key >>> 8) | (key << 24);
    }
    const first = (byteOffset + at) >>> 2;
    const last = (byteOffset + to) >>> 2;
    const view = words;
    for (let i = first; i < last; i += 1) {
      const word = (view[i] as number) ^ key;
      view[i] = word;
      all |= word;
    }
    at += (last - first) * 4;
  }
  for (; at < to; at += 1) {
    const byte = (bytes[at] as number) ^ (key & 0xff);
    bytes[at] = byte;
    all |= byte;
    key = (key >>> 8) | (key << 24);
  }
  return (all & 0x80808080) === 0;
};

/** The mask as it goes on behind so many bytes of its frame. */
export const turnMask = (mask: number, behindBytes: number): number => {
  const bits = (behindBytes & 3) * 8;
  return bits === 0 ? mask : (mask >>> bits) | (mask << (32 - bits));
};

const pool = Buffer.alloc(4_096);
let at = pool.length;

/**
 * A new mask, four bytes that are valid until the next is drawn. Whoever chooses a payload must not foresee it (RFC 6455, 10.3); a
 * pool saves a system call for each.
 */
export const drawMask = (): Buffer => {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  at += 4;
  return pool.subarray(at - 4, at);
};
