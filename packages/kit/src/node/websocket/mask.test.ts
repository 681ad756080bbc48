import { expect, it } from "vitest";
import { seeded } from "../../random.ts";
import { applyMask, turnMask } from "./mask.ts";

const random = seeded(7);
const below = (limit: number): number => Math.floor(random() * limit);

it("a mask is laid over bytes wherever they lie, and says when what came out is ASCII", () => {
  let ascii = 0;
  for (let round = 0; round < 2_000; round += 1) {
    const size = below(300);
    const isPlain = random() < 0.5;
    const memory = Buffer.from(Array.from({ length: 340 }, () => below(256)));
    const whole = memory.subarray(below(9), memory.length - below(9));
    const from = below(8);
    const plain = Buffer.from(Array.from({ length: size }, () => below(isPlain ? 128 : 256)));
    const mask = below(2 ** 32) | 0;
    const key = Buffer.alloc(4);
    key.writeInt32LE(mask);
    plain.forEach((byte, i) => {
      whole[from + i] = byte ^ (key[i & 3] as number);
    });
    const before = Buffer.from(memory);
    const said = applyMask(whole, from, from + size, mask);
    expect(whole.subarray(from, from + size).equals(plain)).toBe(true);
    // Nothing beside it was touched.
    const at = whole.byteOffset - memory.byteOffset + from;
    expect(memory.subarray(0, at).equals(before.subarray(0, at))).toBe(true);
    expect(memory.subarray(at + size).equals(before.subarray(at + size))).toBe(true);
    if (mask !== 0) expect(said).toBe(plain.every((byte) => byte < 128));
    if (said) ascii += 1;
  }
  expect(ascii).toBeGreaterThan(500);
  expect(applyMask(Buffer.from("è"), 0, 2, 0)).toBe(false);
});

it("a mask goes on in the next piece where it stopped in the last", () => {
  const mask = 0x81_22_f3_44 | 0;
  const plain = Buffer.from(
    "0123456789 and so on, for more than the length from which words are taken".repeat(2),
  );
  const masked = Buffer.from(plain);
  applyMask(masked, 0, masked.length, mask);
  for (let cut = 0; cut < plain.length; cut += 1) {
    const pieces = Buffer.from(masked);
    applyMask(pieces, 0, cut, mask);
    applyMask(pieces, cut, pieces.length, turnMask(mask, cut));
    expect(pieces.equals(plain)).toBe(true);
  }
});
