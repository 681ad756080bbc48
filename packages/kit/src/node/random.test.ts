import { expect, it } from "vitest";
import { drawRandom, RANDOM_STOCK_BYTES } from "./random.ts";

it("gives each random byte out once, as many as were asked for, and keeps what it gave", () => {
  const drawn = Array.from({ length: 2_000 }, () => drawRandom(16));
  const texts = drawn.map((bytes) => bytes.toString("hex"));
  drawRandom(RANDOM_STOCK_BYTES);
  expect(new Set(texts).size).toBe(2_000);
  expect(drawn.map((bytes) => bytes.toString("hex"))).toEqual(texts);
  expect(texts.every((text) => text.length === 32 && !/^0+$/.test(text))).toBe(true);
  expect(drawRandom(RANDOM_STOCK_BYTES + 1).length).toBe(RANDOM_STOCK_BYTES + 1);
});
