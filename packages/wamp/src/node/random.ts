// Randomness that strangers cannot guess, in the form that ids want.
import { randomFillSync } from "node:crypto";

const BYTES = 8;
/** Drawn ahead: a publication needs a number of its own, and asking the system for eight bytes costs more than routing it. */
const pool = Buffer.alloc(4_096);
let at = pool.length;

/** A number in [0, 1) with 53 random bits, from the system's generator. */
export const secureRandom = (): number => {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  const [high, low] = [pool.readUInt32BE(at), pool.readUInt32BE(at + 4)];
  at += BYTES;
  // 53 bits: 21 of the first word above 32 of the second.
  return ((high >>> 11) * 2 ** 32 + low) / 2 ** 53;
};
