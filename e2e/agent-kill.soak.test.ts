import { expect, it } from "vitest";
import { killAgents } from "./agent-kill.ts";

it("a hundred agents killed while applying targets leave each entry wholly old or wholly new, and the last reaches what is wanted", async () => {
  const seed = Date.now() % 2 ** 31;
  console.log(`seed ${seed}`);
  const { faults, revisions } = await killAgents(100, seed);
  expect(faults).toEqual([]);
  expect(revisions.size).toBeGreaterThan(20);
}, 1_200_000);
