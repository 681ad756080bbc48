// The mask of RFC 6455, 5.3: four bytes, XORed over a payload again and again.

/** From this size on four bytes are done at a time; below it the way there costs more than it saves. */
const WORDS_FROM_BYTES = 64;

/** Lays `mask` (its four bytes as a number, least significant first) over `bytes` from `from` to `to`, in place. */
export const applyMask = (bytes: Buffer, from: number, to: number, mask: number): void => {
  if (mask === 0) return;
  let key = mask;
  let at = from;
  if (to - from >= WORDS_FROM_BYTES) {
    // Words lie at multiples of four in the memory below.
    const start = from + ((4 - ((bytes.byteOffset + from) & 3)) & 3);
    for (; at < start; at += 1) {
      bytes[at] = (bytes[at] as number) ^ (key & 0xff);
      key = (key >>> 8) | (key << 24);
    }
    const count = (to - at) >>> 2;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, count);
    for (let i = 0; i < count; i += 1) words[i] = (words[i] as number) ^ key;
    at += count * 4;
  }
  for (; at < to; at += 1) {
    bytes[at] = (bytes[at] as number) ^ (key & 0xff);
    key = (key >>> 8) | (key << 24);
  }
};
