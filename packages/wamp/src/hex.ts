// Hexadecimal text for keys, challenges and signatures.

/** Bytes → lower-case hex. */
export const encodeHex = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
};

/** Hex of exactly `sizeBytes` bytes → bytes; undefined for anything else. */
export const decodeHex = (text: unknown, sizeBytes: number): Uint8Array | undefined => {
  if (typeof text !== "string" || text.length !== sizeBytes * 2 || !/^[0-9a-f]*$/i.test(text))
    return undefined;
  const bytes = new Uint8Array(sizeBytes);
  for (let i = 0; i < sizeBytes; i += 1)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
};
