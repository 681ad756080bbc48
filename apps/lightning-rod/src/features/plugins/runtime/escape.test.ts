// Every attempt of test/escape.ts with whatever this machine and this user have; each level by itself is the real lane's.
import { expect, it } from "vitest";
import { surprisesOf, tryEscapes } from "../../../../test/escape-run.ts";

it("a plugin gets nothing that its level of isolation keeps from it, and what a level leaves open is said", async () => {
  const result = await tryEscapes("full");
  expect(["full", "kernel", "limits"]).toContain(result.isolation.level);
  expect(result.tried.length).toBeGreaterThan(30);
  expect(surprisesOf(result)).toEqual([]);
}, 120_000);
