// Random bytes out of a stock: a call of the system's generator costs as much for four thousand bytes as for sixteen, and more than
// most of what they are used for.
import { randomBytes, randomFillSync } from "node:crypto";

/** Bytes that are drawn at once. */
export const RANDOM_STOCK_BYTES = 4_096;

const stock = Buffer.allocUnsafeSlow(RANDOM_STOCK_BYTES);
let at = stock.length;

/** So many random bytes, as good as the generator's own, each given out once. For a few at a time. */
export const drawRandom = (bytes: number): Buffer => {
  if (bytes > stock.length) return randomBytes(bytes);
  if (at + bytes > stock.length) {
    randomFillSync(stock);
    at = 0;
  }
  const drawn = Buffer.from(stock.subarray(at, at + bytes));
  stock.fill(0, at, at + bytes); // nobody finds in memory what was drawn before
  at += bytes;
  return drawn;
};
