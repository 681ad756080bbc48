// The embedded Identity API by the conformance cases.
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { cases } from "./keystone/cases.ts";
import { type Estate, type Known, runCase } from "./keystone/runner.ts";

let cloud: TestCloud;
let known: Known;

beforeAll(async () => {
  cloud = await openTestCloud();
  const estate: Estate = {
    adminUser: "admin",
    adminPassword: cloud.password,
    adminProject: "default",
    user: "chiara",
    password: "correct horse battery staple",
    project: "messina",
    other: "catania",
  };
  const token = cloud.admin;
  const { user: name, password } = estate;
  await cloud.call("POST", "/api/users", { token, body: { name, password } });
  for (const project of [estate.project, estate.other])
    await cloud.call("POST", "/api/projects", { token, body: { name: project } });
  const path = `/api/projects/${estate.project}/members/${estate.user}`;
  const { status } = await cloud.call("PUT", path, { token, body: { role: "user" } });
  expect(status).toBe(200);
  known = new Map(Object.entries(estate));
}, 60_000);
afterAll(() => cloud.close());

it.each(cases)("$name ($section)", (one) => runCase(`${cloud.url}/identity`, known, one));

it("whatever there is here and nowhere else has its reason", () => {
  for (const { differs, name } of cases)
    if (differs !== undefined) expect(differs.length, name).toBeGreaterThan(10);
});
