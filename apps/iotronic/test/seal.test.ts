// A project's key goes to its owner: what the cloud can no longer do from then on, and what of the key is left with it.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  check,
  cloudProcedures,
  MAX_SIGNATURES_AT_ONCE,
  signedKeyText,
  TargetProjectKey,
} from "@s4t/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSignedBy } from "../src/modules/keys/index.ts";
import type { BoardSession } from "./board.ts";
import type { TestCloud } from "./cloud.ts";
import { create, openPluginStage, ownerKey, pack, upload } from "./plugin.ts";

let stage: Awaited<ReturnType<typeof openPluginStage>>;
let cloud: TestCloud;
let session: BoardSession;
let project = "";
const owner = ownerKey();
const [kept, left] = [pack("kept"), pack("left")];

const ask = (method: string, path: string, body?: unknown) =>
  cloud.call(method, path, { token: cloud.admin, ...(body ? { body } : {}) });
const seal = (body: object) => ask("POST", `/api/projects/${project}/seal`, body);
const signed = (version: string) => owner.signVersion(version).signature;

/** Every file of the data folder, as text of any bytes. */
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

beforeAll(async () => {
  stage = await openPluginStage(kept, left);
  ({ cloud, session, project } = stage);
}, 60_000);
afterAll(() => stage.close());

describe("sealing a project", () => {
  it("needs a key that proves itself, and signatures that are good, or changes nothing", async () => {
    const { key, proof } = owner;
    const other = ownerKey();
    const faults = [
      { key, proof: other.proof, signatures: {} },
      { key, proof, signatures: { [kept.version]: signed(left.version) } },
      { key, proof, signatures: { [kept.version]: other.signVersion(kept.version).signature } },
    ];
    for (const body of faults) expect((await seal(body)).code).toBe("plugin.signature-invalid");
    const unknown = "0".repeat(64);
    const strange = await seal({ key, proof, signatures: { [unknown]: signed(unknown) } });
    expect(strange.code).toBe("plugin.version-not-found");
    const shown = await ask("GET", `/api/projects/${project}/key`);
    expect(shown.body.level).toBe("managed");
  });

  it("takes as many signatures at once as the contract says, and no more", async () => {
    const { key, proof } = owner;
    const signature = signed(kept.version);
    const many = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [i.toString(16).padStart(64, "0"), signature]),
      );
    // All of them have been read: the first one is none of its version.
    const most = await seal({ key, proof, signatures: many(MAX_SIGNATURES_AT_ONCE) });
    expect(most.code, most.text).toBe("plugin.signature-invalid");
    const named = { named: signature, key, proof, signatures: many(MAX_SIGNATURES_AT_ONCE) };
    const next = await ask("POST", `/api/projects/${project}/rekey`, { next: named });
    expect(next.code, next.text).toBe("project.managed");
    const more = await seal({ key, proof, signatures: many(MAX_SIGNATURES_AT_ONCE + 1) });
    expect(more.code).toBe("request.invalid");
  });

  it("hands the key over, signed by the one before, and tells the boards", async () => {
    const before = (await ask("GET", `/api/projects/${project}/key`)).body.key;
    const secrets = filesOf(join(cloud.folder, "keys")).map((file) => readFileSync(file));
    expect(secrets.length).toBe(1);
    const { wanted } = (await ask("GET", "/api/boards/b1/target")).body;
    const { key, proof } = owner;
    const signatures = { [kept.version]: signed(kept.version) };
    const sealed = await seal({ key, proof, signatures });
    expect(sealed.body, sealed.text).toMatchObject({ key, level: "sealed" });
    expect((await ask("GET", "/api/boards/b1/target")).body.wanted).toBe(wanted + 1);
    const asked = await session.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 });
    const { target } = check(cloudProcedures.targetGet.reply, asked, "target");
    const succession = target.sections.trust?.entries.find((entry) => entry.key === "project-key");
    const { keys } = check(TargetProjectKey, succession?.value, "project-key");
    expect(keys).toMatchObject([
      { key: before, signature: null, sealed: false },
      { key, sealed: true },
    ]);
    expect(isSignedBy(before, signedKeyText(key, true), keys[1]?.signature ?? "")).toBe(true);
    // Nothing of it is left: no secret, no file that has one, no row.
    expect(filesOf(join(cloud.folder, "keys"))).toEqual([]);
    for (const file of filesOf(cloud.folder))
      for (const secret of secrets) expect(readFileSync(file).includes(secret), file).toBe(false);
    expect((await seal({ key, proof, signatures: {} })).code).toBe("project.sealed");
  });

  it("leaves the owner's versions good, and all others to be signed", async () => {
    const versions = async (name: string) => (await ask("GET", `/api/plugins/${name}`)).body.latest;
    expect((await versions("kept")).signature.key).toBe(owner.key);
    expect((await versions("left")).signature).toBeNull();
    expect((await ask("PUT", "/api/boards/b1/plugins/left", {})).code).toBe("plugin.unsigned");
    const signature = owner.signVersion(left.version);
    const path = "/api/plugins/left/versions/latest/signature";
    const wrong = ownerKey().signVersion(left.version);
    expect((await ask("PUT", path, wrong)).code).toBe("plugin.signature-invalid");
    expect((await ask("PUT", path, signature)).body.signature).toEqual(signature);
    expect((await ask("PUT", "/api/boards/b1/plugins/left", {})).status).toBe(200);
  });

  it("lets nothing new in without the owner's signature", async () => {
    const fresh = pack("fresh");
    expect((await create(cloud, fresh)).code).toBe("plugin.unsigned");
    await upload(cloud, fresh);
    const { manifest } = fresh;
    const by = (signature: object) => ask("POST", "/api/plugins", { manifest, signature });
    expect((await by(ownerKey().signVersion(fresh.version))).code).toBe("plugin.signature-invalid");
    expect((await by(owner.signVersion(kept.version))).code).toBe("plugin.signature-invalid");
    expect((await by(owner.signVersion(fresh.version))).status).toBe(201);
  });

  it("leaves no secret in a backup, and its bytes in it", async () => {
    const response = await fetch(`${cloud.url}/api/backup`, {
      headers: { authorization: `Bearer ${cloud.admin}` },
    });
    expect(response.status).toBe(200);
    const backup = Buffer.from(await response.arrayBuffer());
    expect(backup.includes('"path":"keys/')).toBe(false);
    const { sha256 } = kept.manifest.blob;
    expect(backup.includes(`"path":"blobs/${sha256}"`)).toBe(true);
    expect(createHash("sha256").update(kept.blob).digest("hex")).toBe(sha256);
    expect(backup.includes(kept.blob)).toBe(true);
  });
});
