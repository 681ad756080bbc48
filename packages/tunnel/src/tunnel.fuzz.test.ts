import { expect, it } from "vitest";
import { beRude } from "../test/rude.ts";

it("twenty thousand frames of a rude peer meet no fault of ours, and leave no stream behind", () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const { refused, tunnels, heardBytes } = beRude({ frames: 20_000, seed });
  expect(refused).toBeGreaterThan(10);
  expect(tunnels).toBeGreaterThan(refused);
  expect(heardBytes).toBeGreaterThan(0);
});
