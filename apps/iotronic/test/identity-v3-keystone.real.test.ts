// The conformance cases against Debian's Keystone: what ours is said to have in common with it, it has.
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningKeystone, startKeystone } from "../../../scripts/real/openstack.ts";
import { cases } from "./keystone/cases.ts";
import { makeEstate } from "./keystone/estate.ts";
import { type Known, runCase } from "./keystone/runner.ts";

let keystone: RunningKeystone;
let known: Known;
beforeAll(async () => {
  keystone = await startKeystone();
  known = new Map(Object.entries(await makeEstate(keystone.url, keystone.password)));
}, 180_000);
afterAll(() => keystone?.stop());

const common = cases.filter(({ differs }) => differs === undefined);

it("most of the cases are common ground", () => {
  expect(common.length).toBeGreaterThan(cases.length / 2);
});
it.each(common)("$name ($section)", (one) => runCase(keystone.url, known, one));
