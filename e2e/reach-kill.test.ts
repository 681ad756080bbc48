import { expect, it } from "vitest";
import { killWhileReaching } from "./reach-kill.ts";

it("both ends and the command line killed at random: a connection may break off and never lies, and new ones work by themselves", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const report = await killWhileReaching(6, seed);
  console.log(JSON.stringify(report));
  const { faults, killed, whole, shells, left } = report;
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(killed).toEqual({ agent: 2, cloud: 2, client: 2 });
  expect(whole).toBeGreaterThan(0);
  expect(shells).toBeGreaterThan(0);
  expect(left.cloud, `seed ${seed}`).toBeLessThanOrEqual(2);
  expect(left.agent, `seed ${seed}`).toBeLessThanOrEqual(2);
}, 600_000);
