// Bytes of two projects in one store: whoever only knows a hash has nothing, whatever others have sent under it.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { MAX_BLOB_BYTES } from "@s4t/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answered, openTestCloud, type TestCloud } from "./cloud.ts";
import { create, type Packed, pack, upload } from "./plugin.ts";

const password = "correct horse battery staple";
let cloud: TestCloud;
/** A manager of a project of their own. */
interface Manager {
  readonly token: string;
  readonly project: string;
}
let [anna, bruno]: [Manager, Manager] = [
  { token: "", project: "" },
  { token: "", project: "" },
];

beforeAll(async () => {
  cloud = await openTestCloud();
  const asAdmin = (method: string, path: string, body: unknown) =>
    cloud.call(method, path, { token: cloud.admin, body });
  const aManager = async (name: string): Promise<Manager> => {
    const project = (await asAdmin("POST", "/api/projects", { name: `of-${name}` })).body.uuid;
    await asAdmin("POST", "/api/users", { name, password });
    await asAdmin("PUT", `/api/projects/${project}/members/${name}`, { role: "manager" });
    return { token: await cloud.signIn(name, password), project };
  };
  [anna, bruno] = [await aManager("anna"), await aManager("bruno")];
}, 60_000);
afterAll(() => cloud.close());

const post = ({ token }: Manager, { manifest }: Packed, path = "/api/plugins") =>
  cloud.call("POST", path, { token, body: { manifest } });
/** What an answer tells, without what differs every time. */
const told = ({ status, text }: Answered) => [status, text];
const kept = () => readdirSync(join(cloud.folder, "blobs"));

describe("bytes that another project has", () => {
  it("are not there for who knows their hash: not to name, not to fetch, not even to know of", async () => {
    const secret = pack("secret");
    expect((await create(cloud, secret, anna)).status).toBe(201);
    const nowhere = pack("secret", { "main.js": "was never sent" });
    const sizes = { ...secret.manifest, blob: { ...secret.manifest.blob, bytes: 7 } };
    const missing = told(await post(bruno, nowhere));
    expect(missing[0]).toBe(404);
    expect(told(await post(bruno, secret))).toEqual(missing);
    expect(told(await post(bruno, { ...secret, manifest: sizes }))).toEqual(missing);
    // Nor as a further version of a plugin of their own.
    const own = pack("secret", { "main.js": "bruno's own" });
    expect((await create(cloud, own, bruno)).status).toBe(201);
    expect(told(await post(bruno, secret, "/api/plugins/secret/versions"))).toEqual(missing);
    for (const { token } of [anna, bruno]) {
      const [there, not] = [secret, nowhere].map(({ manifest }) =>
        cloud.call("GET", `/blobs/${manifest.blob.sha256}`, { token }),
      );
      expect(told((await there) as Answered)).toEqual(told((await not) as Answered));
      expect((await there)?.status).toBeGreaterThanOrEqual(400);
    }
    const content = "/api/plugins/secret/versions/1/content";
    const theirs = await fetch(cloud.url + content, {
      headers: { authorization: `Bearer ${bruno.token}` },
    });
    expect(Buffer.from(await theirs.arrayBuffer()).equals(own.blob)).toBe(true);
  });

  it("have to be sent all the same, are the same bytes then, and stay when the other's are gone", async () => {
    const shared = pack("shared");
    await create(cloud, shared, anna);
    const guess = await upload(cloud, { ...shared, blob: Buffer.from("a guess") }, bruno);
    expect(guess.code).toBe("blob.damaged");
    expect((await post(bruno, shared)).code).toBe("blob.not-found");
    expect((await upload(cloud, shared, bruno)).status).toBe(204);
    expect((await post(bruno, shared)).status).toBe(201);
    // From now on they may name them without sending them again.
    const again = pack("again", { "main.js": "// shared" });
    expect(again.manifest.blob).toEqual(shared.manifest.blob);
    expect((await post(bruno, again)).status).toBe(201);
    expect((await post(anna, again)).status).toBe(201);
    for (const name of ["again", "shared"])
      await cloud.call("DELETE", `/api/plugins/${name}`, { token: anna.token });
    await cloud.call("DELETE", "/api/plugins/shared", { token: bruno.token });
    const { sha256 } = shared.manifest.blob;
    expect((await post(anna, shared)).code).toBe("blob.not-found");
    expect(kept()).toContain(sha256);
    await cloud.call("DELETE", "/api/plugins/again", { token: bruno.token });
    await expect.poll(kept).not.toContain(sha256);
  });
});

describe("bytes that nothing names", () => {
  it("are bounded for each project, and have room again once they are named", async () => {
    const [first, second] = [pack("first"), pack("second", { "main.js": "x".repeat(9) })] as const;
    await upload(cloud, first, anna);
    // Others wait already: so many that these are the last.
    await cloud.sql(
      "insert into plugins_uploads (project_id, blob, bytes, at) values (?, ?, ?, ?)",
      ...[anna.project, "f".repeat(64), 8 * MAX_BLOB_BYTES - 2 * 4_096, Date.now()],
    );
    await upload(cloud, pack("third"), anna);
    const refused = await upload(cloud, second, anna);
    expect([refused.status, refused.code, refused.body.retryable]).toEqual([
      ...[429, "blob.unnamed-full", true],
    ]);
    expect((await upload(cloud, second, bruno)).status).toBe(204);
    expect((await post(anna, first)).status).toBe(201);
    expect((await create(cloud, second, anna)).status).toBe(201);
    expect(cloud.complaints).toEqual([]);
  });
});
