// Masking (RFC 6455, 5.3), in place. Four bytes at a time where the memory is aligned; a native call would cost more than it saves
// for small frames and is not needed for large ones.

const LONG_BYTES = 64;

/** Applies a mask to bytes that begin at offset `at` of their frame. */
export const unmask = (bytes: Buffer, mask: Uint8Array, at: number): void => {
  let i = 0;
  const length = bytes.length;
  if (length >= LONG_BYTES) {
    while (((bytes.byteOffset + i) & 3) !== 0) {
      bytes[i] = (bytes[i] as number) ^ (mask[(at + i) & 3] as number);
      i += 1;
    }
    const turned = new Uint8Array(4);
    for (let k = 0; k < 4; k += 1) turned[k] = mask[(at + i + k) & 3] as number;
    const word = new Int32Array(turned.buffer)[0] as number;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, (length - i) >> 2);
    for (let k = 0; k < words.length; k += 1) words[k] = (words[k] as number) ^ word;
    i += words.length * 4;
  }
  for (; i < length; i += 1) bytes[i] = (bytes[i] as number) ^ (mask[(at + i) & 3] as number);
};
