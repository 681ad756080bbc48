import { expect, it } from "vitest";
import { killWhileReaching } from "./reach-kill.ts";

it("both ends killed at random: a connection may break off and never lies, and new ones work by themselves", async () => {
  const seed = Date.now() % 2 ** 31;
  const { faults, killed, whole, left } = await killWhileReaching(4, seed);
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(killed).toEqual({ agent: 2, cloud: 2 });
  expect(whole).toBeGreaterThan(0);
  expect(left, `seed ${seed}`).toBeLessThanOrEqual(2);
}, 300_000);
