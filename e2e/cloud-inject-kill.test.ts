import { expect, it } from "vitest";
import { cloudPoints, killCloudsInjecting } from "./cloud-inject-kill.ts";

it("a cloud killed at each step on the way of a plugin to its board leaves it wholly old or wholly new, and runs no call twice", async () => {
  const seed = Date.now() % 2 ** 31;
  const { faults, died } = await killCloudsInjecting(cloudPoints.length, seed);
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(Object.keys(died).sort()).toEqual([...cloudPoints].sort());
}, 300_000);
