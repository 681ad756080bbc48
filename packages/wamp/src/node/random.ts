// Randomness that strangers cannot guess, in the form that ids want.
import { randomBytes } from "node:crypto";

/** A number in [0, 1) with 53 random bits, from the system's generator. */
export const secureRandom = (): number => {
  const bytes = randomBytes(8);
  // 53 bits: 21 of the first word above 32 of the second.
  return ((bytes.readUInt32BE(0) >>> 11) * 2 ** 32 + bytes.readUInt32BE(4)) / 2 ** 53;
};
