// Another key in the place of a project's present one: by the cloud itself, or by the owner of a sealed project. Boards hear how
// the one came from the other, and what the earlier one signed is good no more.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { boardProcedures, cloudProcedures, signedKeyText, signedVersionText } from "@s4t/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSignedBy } from "../src/modules/keys/index.ts";
import { type BoardSession, enrolBoard, joinAs, offer } from "./board.ts";
import type { TestCloud } from "./cloud.ts";
import { create, openPluginStage, ownerKey, pack } from "./plugin.ts";

let stage: Awaited<ReturnType<typeof openPluginStage>>;
let cloud: TestCloud;
let session: BoardSession;
let project = "";
const [kept, left] = [pack("kept"), pack("left")];
const [owner, second] = [ownerKey(), ownerKey()];

const ask = (method: string, path: string, body?: unknown) =>
  cloud.call(method, path, { token: cloud.admin, ...(body ? { body } : {}) });
const rekey = (next?: object) =>
  ask("POST", `/api/projects/${project}/rekey`, next ? { next } : {});
const present = async () => (await ask("GET", `/api/projects/${project}/key`)).body;
const latest = async (name: string) => (await ask("GET", `/api/plugins/${name}`)).body.latest;
const secrets = () => readdirSync(join(cloud.folder, "keys"));

/** As much of a target's values as is looked at. */
interface Wanted {
  readonly keys: { readonly key: string; readonly signature: string; readonly sealed: boolean }[];
  readonly signature: { readonly key: string; readonly signature: string };
}
interface Asked {
  readonly target: {
    readonly sections: Record<string, { entries: { key: string; value: Wanted }[] }>;
  };
}
/** Entries of the board's target by key. */
const entriesOf = async (section: string): Promise<Record<string, Wanted>> => {
  const args = { have: {}, jobsAfter: 0 };
  const { target } = (await session.ask(cloudProcedures.targetGet, args)) as Asked;
  const entries = target.sections[section]?.entries ?? [];
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
};
const succession = async () => (await entriesOf("trust"))["project-key"]?.keys ?? [];

beforeAll(async () => {
  stage = await openPluginStage(kept, left);
  ({ cloud, session, project } = stage);
}, 60_000);
afterAll(() => stage.close());

describe("another key", () => {
  it("of a managed project is made by the cloud, named by the one before, and signs what is there", async () => {
    const before = (await present()).key;
    const { signature: old } = await latest("kept");
    const [secret = ""] = secrets();
    const bytes = readFileSync(join(cloud.folder, "keys", secret));
    const { wanted } = (await ask("GET", "/api/boards/b1/target")).body;
    const { status, body } = await rekey();
    expect([status, body.level]).toEqual([200, "managed"]);
    expect(body.key).not.toBe(before);
    expect(await present()).toMatchObject({ key: body.key, level: "managed" });
    expect((await ask("GET", "/api/boards/b1/target")).body.wanted).toBe(wanted + 1);
    const keys = await succession();
    expect(keys.map(({ key }) => key)).toEqual([before, body.key]);
    expect(isSignedBy(before, signedKeyText(body.key, false), keys[1]?.signature ?? "")).toBe(true);
    for (const { version, manifest } of [kept, left]) {
      const { signature } = await latest(manifest.name);
      expect(signature.key).toBe(body.key);
      expect(isSignedBy(body.key, signedVersionText(version), signature.signature)).toBe(true);
      expect((await entriesOf("plugins"))[manifest.name]?.signature).toEqual(signature);
    }
    expect(old.key).toBe(before);
    // The secret of the key before is gone, and there is one of the new key.
    expect(secrets()).toEqual([body.key]);
    expect(readFileSync(join(cloud.folder, "keys", body.key)).equals(bytes)).toBe(false);
    const fresh = pack("fresh");
    expect((await create(cloud, fresh)).body.latest.signature.key).toBe(body.key);
  });

  it("is told in the audit log, by whom and in whose place", async () => {
    const { items } = (await ask("GET", "/api/audit?action=project.rekey")).body;
    expect(items).toMatchObject([
      { actor: { name: "admin" }, facts: { key: (await present()).key, versions: 2 } },
    ]);
  });

  it("is told to a board that joined a moment ago, before anything of it is stored", async () => {
    const board = await enrolBoard(cloud, "b2");
    const { wanted } = (await ask("GET", "/api/boards/b2/target")).body;
    let hint = (_args: unknown): void => {};
    const hinted = new Promise((resolve) => {
      hint = resolve;
    });
    const joined = await joinAs(cloud, board);
    try {
      await offer(joined, board, ({ procedure, args }) => {
        if (procedure.endsWith(boardProcedures.link.hint.name)) hint(args[0]);
        return { args: [{}] };
      });
      expect((await rekey()).status).toBe(200);
      expect(await hinted).toEqual({ revision: wanted + 1 });
    } finally {
      await joined.session.close();
    }
  });

  it("of a managed project is nobody's to bring", async () => {
    const { key, proof } = second;
    const next = { key, proof, named: owner.name(key), signatures: {} };
    expect((await rekey(next)).code).toBe("project.managed");
  });

  it("of a sealed project is its owner's to bring, named by the present one, or nothing changes", async () => {
    const { key, proof } = owner;
    const signatures = Object.fromEntries(
      [kept, left].map(({ version }) => [version, owner.signVersion(version).signature]),
    );
    expect(
      (await ask("POST", `/api/projects/${project}/seal`, { key, proof, signatures })).status,
    ).toBe(200);
    expect((await rekey()).code).toBe("project.sealed");
    const good = {
      ...{ key: second.key, proof: second.proof, named: owner.name(second.key) },
      signatures: { [kept.version]: second.signVersion(kept.version).signature },
    };
    const faults = [
      { ...good, named: second.name(second.key) },
      { ...good, proof: owner.proof },
      { ...good, signatures: { [kept.version]: owner.signVersion(kept.version).signature } },
      { ...good, key: owner.key, proof: owner.proof, named: owner.name(owner.key) },
    ];
    for (const next of faults) expect((await rekey(next)).code).toBe("plugin.signature-invalid");
    expect((await present()).key).toBe(owner.key);
    expect((await rekey(good)).body).toMatchObject({ key: second.key, level: "sealed" });
    expect((await succession()).slice(-2)).toMatchObject([
      { key: owner.key, sealed: true },
      { key: second.key, signature: owner.name(second.key), sealed: true },
    ]);
    expect((await latest("kept")).signature.key).toBe(second.key);
    expect((await latest("left")).signature).toBeNull();
    // Neither the earlier owner's key, nor one that the project has had, comes back.
    expect(
      (await rekey({ ...good, key: owner.key, proof: owner.proof, named: second.name(owner.key) }))
        .code,
    ).toBe("plugin.signature-invalid");
    const path = "/api/plugins/left/versions/latest/signature";
    expect((await ask("PUT", path, owner.signVersion(left.version))).code).toBe(
      "plugin.signature-invalid",
    );
    expect((await ask("PUT", path, second.signVersion(left.version))).status).toBe(200);
  });

  it("comes to a project once, whoever else asks at the same moment", async () => {
    const third = ownerKey();
    const next = {
      key: third.key,
      proof: third.proof,
      named: second.name(third.key),
      signatures: {},
    };
    const answers = await Promise.all([rekey(next), rekey(next)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await succession()).filter(({ key }) => key === third.key)).toHaveLength(1);
  });
});
