import { expect, it } from "vitest";
import { killAgents } from "./agent-kill.ts";

it("eight agents killed while applying targets leave each entry wholly old or wholly new, and the last reaches what is wanted", async () => {
  const seed = Date.now() % 2 ** 31;
  const { faults, revisions } = await killAgents(8, seed);
  expect(faults, `seed ${seed}`).toEqual([]);
  expect(revisions.size, `seed ${seed}`).toBeGreaterThan(1);
}, 120_000);
