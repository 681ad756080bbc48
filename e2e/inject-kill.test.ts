import { expect, it } from "vitest";
import { injectPoints, killInjections } from "./inject-kill.ts";

it("an agent killed at each step of what is done with a plugin leaves it wholly old or wholly new, there or gone, and once", async () => {
  const seed = Date.now() % 2 ** 31;
  const { faults, died } = await killInjections(injectPoints.length, seed);
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(Object.keys(died).sort()).toEqual([...injectPoints].sort());
}, 240_000);
