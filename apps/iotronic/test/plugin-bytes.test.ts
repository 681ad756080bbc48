// What the versions of a project may have together: the first too many is refused, other projects go on, and what is removed counts
// no longer.
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enrolBoard } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { create, type Packed, pack, upload } from "./plugin.ts";

/** What a project may keep here. */
const limitBytes = 1_048_576;
let cloud: TestCloud;
let other = "";

beforeAll(async () => {
  cloud = await openTestCloud({}, ["--plugins.project-bytes", String(limitBytes)]);
  other = (await ask("POST", "/api/projects", { name: "other" })).body.uuid;
}, 60_000);
afterAll(() => cloud.close());

const ask = (method: string, path: string, body?: unknown, project = "default") =>
  cloud.call(method, path, { token: cloud.admin, project, ...(body ? { body } : {}) });
/** A version that packs to some kilobytes and a little more: gzip makes random text no smaller than three quarters. */
const sized = (name: string, kilobytes: number): Packed =>
  pack(name, {
    "main.js": `// ${randomBytes(Math.round(kilobytes * 1_000)).toString("base64")}`,
  });
const add = async (packed: Packed) => {
  expect((await upload(cloud, packed, { token: cloud.admin, project: "default" })).status).toBe(
    204,
  );
  const { name } = packed.manifest;
  return ask("POST", `/api/plugins/${name}/versions`, { manifest: packed.manifest });
};
const removeVersion = (name: string, version: number | string) =>
  ask("DELETE", `/api/plugins/${name}/versions/${version}`);
const kept = () => readdirSync(join(cloud.folder, "blobs"));

describe("the bytes that versions of a project name", () => {
  it("are bounded together: the first too many is refused, and nobody else hears of it", async () => {
    const asked = { token: cloud.admin, project: "default" };
    const packed = sized("large", 400);
    expect((await create(cloud, packed, asked)).status).toBe(201);
    expect((await add(sized("large", 400))).status).toBe(201);
    // The same bytes under another name count once.
    const twin = { ...packed, manifest: { ...packed.manifest, name: "twin" } };
    expect((await ask("POST", "/api/plugins", { manifest: twin.manifest })).status).toBe(201);
    const refused = await add(sized("large", 400));
    expect([refused.status, refused.code]).toEqual([409, "blob.named-full"]);
    expect(refused.text).toContain("s4t plugin remove-version");
    expect((await ask("GET", "/api/plugins/large")).body.latest.number).toBe(2);
    // What still fits is taken, and another project has room of its own.
    expect((await add(sized("large", 100))).status).toBe(201);
    const theirs = await create(cloud, sized("large", 400), { token: cloud.admin, project: other });
    expect(theirs.status).toBe(201);
  });

  it("are bounded also where many come at once", async () => {
    const many = Array.from({ length: 6 }, () => sized("large", 40));
    const answers = await Promise.all(many.map(add));
    const took = answers.filter(({ status }) => status === 201).length;
    expect(answers.filter(({ code }) => code === "blob.named-full").length).toBe(6 - took);
    const [row] = await cloud.sql(
      `select sum(packed + manifests) as bytes from (select max(bytes) as packed, sum(octet_length(manifest)) as manifests
        from plugins_versions where project_id <> ? group by blob) as named`,
      other,
    );
    expect(Number(row?.bytes)).toBeLessThanOrEqual(limitBytes);
    expect([took > 0, took < 6]).toEqual([true, true]);
  });

  it("make room when a version goes, which no board has and which is not the latest", async () => {
    const { number } = (await ask("GET", "/api/plugins/large")).body.latest;
    expect((await removeVersion("large", number)).code).toBe("plugin.version-latest");
    expect((await removeVersion("large", 77)).code).toBe("plugin.version-not-found");
    const { uuid } = await enrolBoard(cloud, "b1");
    const inject = (version: string) =>
      ask("PUT", `/api/boards/${uuid}/plugins/large`, { version });
    expect((await inject("2")).status).toBe(200);
    expect((await removeVersion("large", 2)).code).toBe("plugin.version-in-use");
    expect((await inject("latest")).status).toBe(200);
    const { blob } = (await ask("GET", "/api/plugins/large/versions/2")).body.manifest;
    expect((await removeVersion("large", 2)).status).toBe(204);
    expect((await ask("GET", "/api/plugins/large/versions/2")).code).toBe(
      "plugin.version-not-found",
    );
    await expect.poll(kept).not.toContain(blob.sha256);
    expect((await inject("2")).code).toBe("plugin.version-not-found");
    const next = await add(sized("large", 300));
    // Numbers are given once.
    expect([next.status, next.body.number]).toEqual([201, number + 1]);
    const { items } = (await ask("GET", "/api/audit?action=plugin.remove-version")).body;
    expect(items).toMatchObject([{ facts: { number: 2 }, resource: { name: "large" } }]);
  });

  it("have their manifests among them, each its own where all name the same", async () => {
    const project = (await ask("POST", "/api/projects", { name: "many" })).body.uuid;
    const asked = { token: cloud.admin, project };
    const first = pack("wordy");
    expect((await create(cloud, first, asked)).status).toBe(201);
    /** The same bytes; a manifest of more than 100 kB, in letters of two. */
    const wordy = (number: number) => ({
      ...first.manifest,
      parameters: { type: "object", title: `${number}`, examples: ["è".repeat(50_000)] },
    });
    const answers: { status: number; code: string | undefined }[] = [];
    for (let number = 1; number <= 12; number += 1)
      answers.push(
        await ask("POST", "/api/plugins/wordy/versions", { manifest: wordy(number) }, project),
      );
    expect(answers.map(({ status, code }) => code ?? status)).toEqual([
      ...Array.from({ length: 10 }, () => 201),
      ...["blob.named-full", "blob.named-full"],
    ]);
    expect((await ask("DELETE", "/api/plugins/wordy/versions/2", undefined, project)).status).toBe(
      204,
    );
    const again = { manifest: wordy(11) };
    expect((await ask("POST", "/api/plugins/wordy/versions", again, project)).status).toBe(201);
  });

  it("keep bytes that another version still names", async () => {
    const { blob } = (await ask("GET", "/api/plugins/large/versions/1")).body.manifest;
    expect((await removeVersion("large", 1)).status).toBe(204);
    // Whoever sweeps what nobody names has come by before, see above; here nothing may go until the last name does.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await kept()).toContain(blob.sha256);
    expect((await ask("DELETE", "/api/plugins/twin")).status).toBe(204);
    await expect.poll(kept).not.toContain(blob.sha256);
  });
});
