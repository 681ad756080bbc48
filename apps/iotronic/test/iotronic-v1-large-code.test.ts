// Plugins that were made elsewhere may be larger than any of the original's: its API shows them, without their code.
import { afterAll, beforeAll, expect, it } from "vitest";
import { MAX_PAGE_UNPACKED_BYTES, MAX_SOURCE_BYTES } from "../src/http/iotronic-v1/plugins.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { tokenHeader } from "./iotronic-v1/run.ts";
import { create, pack } from "./plugin.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(() => cloud.close());

const ask = async (path: string, method = "GET", body?: unknown) =>
  cloud.call(method, `/v1/plugins${path}`, { headers: tokenHeader(cloud.admin), body });
const add = async (name: string, files: Record<string, string>) => {
  const added = await create(cloud, pack(name, files));
  expect(added.status, added.text).toBe(201);
};

it("shows the code that the original had room for, and none that it had not", async () => {
  await add("fits", { "main.js": "x".repeat(MAX_SOURCE_BYTES) });
  await add("large", { "main.js": "x".repeat(MAX_SOURCE_BYTES + 1) });
  expect((await ask("/fits")).body.code).toBe(`V${"x".repeat(MAX_SOURCE_BYTES)}\np0\n.`);
  expect((await ask("/large")).body).toMatchObject({ name: "large", code: null });
  expect((await ask("/large", "PATCH", { callable: false })).status).toBe(400);
});

it("unpacks so much for a page", async () => {
  const asset = " ".repeat(MAX_PAGE_UNPACKED_BYTES / 2 + 1);
  for (const name of ["heavy-1", "heavy-2"]) await add(name, { "main.js": name, asset });
  const { plugins } = (await ask("/detail?sort_key=name")).body;
  const codes = plugins
    .filter(({ name }: { name: string }) => name.startsWith("heavy"))
    .map(({ code }: { code: string | null }) => code);
  expect(codes).toEqual(["Vheavy-1\np0\n.", null]);
  expect((await ask("/heavy-2")).body.code).toBe("Vheavy-2\np0\n.");
});
