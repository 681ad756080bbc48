import { expect, it } from "vitest";
import { killInjections } from "./inject-kill.ts";

it("three hundred agents killed at the steps of an injection leave the plugin wholly old or wholly new, and once", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const { faults, died } = await killInjections(300, seed);
  console.log(JSON.stringify(died));
  expect(faults).toEqual([]);
}, 10_800_000);
