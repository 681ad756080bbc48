// Every attempt of test/escape.ts with whatever this machine and this user have; each level by itself is the real lane's.
import { expect, it } from "vitest";
import { tryEscapes } from "../../../../test/escape-run.ts";

it("a plugin gets nothing that its level of isolation keeps from it, and what a level leaves open is said", async () => {
  const { level, tried } = await tryEscapes("full");
  expect(["full", "kernel", "limits"]).toContain(level);
  expect(tried.length).toBeGreaterThan(30);
  expect(tried.filter(({ expected, outcome }) => expected !== outcome)).toEqual([]);
}, 120_000);
