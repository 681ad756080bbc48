import { expect, it } from "vitest";
import { killCloudsInjecting } from "./cloud-inject-kill.ts";

it("three hundred clouds killed on the way of a plugin to its board leave the plugin wholly old or wholly new, and run no call twice", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const { faults, died } = await killCloudsInjecting(300, seed);
  console.log(JSON.stringify(died));
  expect(faults).toEqual([]);
}, 10_800_000);
