import { expect, it } from "vitest";
import { beRude } from "../test/rude.ts";

it("a million frames of a rude peer meet no fault of ours, and leave no stream behind", () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  expect(beRude({ frames: 1_000_000, seed }).refused).toBeGreaterThan(1_000);
}, 3_600_000);
