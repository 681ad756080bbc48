// The whole agent and its plugins, against a cloud that does what the test says: also what no honest cloud would.
import { sign } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boardProcedures, type ReportRow, signedKeyText, type Target } from "@s4t/contract";
import { seeded, silentLog, systemClock } from "@s4t/kit";
import { hashOf } from "@s4t/kit/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { noTarget, openTestLink, type TestLink } from "../test/cloud.ts";
import {
  createSigningKey,
  openTestRunner,
  packSigned,
  type SigningKey,
  type TestPlugin,
} from "../test/plugin.ts";
import { composeAgent, createSimulated } from "./compose.ts";
import { openPluginStore } from "./platform/linux/plugin-store.ts";
import { openFolder } from "./storage.ts";

const board = "0192f0a0-0000-7000-8000-000000000001";
const key = createSigningKey();
const owner = createSigningKey();
const thief = createSigningKey();
const one = packSigned({ "hello.mjs": "1" }, key);
const random = seeded(7);
const two = packSigned(
  { "hello.mjs": Buffer.from(Array.from({ length: 40_000 }, () => Math.floor(random() * 256))) },
  key,
);
const nameOf = (version: string) => (version === one.value.version ? "one" : "two");

let cloud: TestLink;
let folder: string;
let life: AbortController;
let living: Promise<void> | undefined;
beforeEach(async () => {
  cloud = await openTestLink(board);
  folder = mkdtempSync(join(tmpdir(), "s4t-agent-"));
});
afterEach(async () => {
  life.abort();
  await living;
  await cloud.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the agent of the folder, enrolled already. */
const start = () => {
  const runner = openTestRunner(nameOf);
  const storage = openFolder(folder);
  const identity = { url: cloud.url, board, name: "test", ca: null };
  storage.write("identity.json", JSON.stringify(identity));
  life = new AbortController();
  const platform = createSimulated({
    ...{ name: "test", clock: systemClock, bootId: "boot", onReboot: () => {} },
    ...{ random: () => 0.5, drift: () => 0.5 },
  });
  living = composeAgent(
    { enrolment: null, url: cloud.url, rebootCommand: null, simulated: false },
    {
      ...{ platform, clock: systemClock, log: silentLog, random: () => 0.1, storage },
      ...{ restart: () => {}, setLogLevel: () => {} },
      plugins: { store: openPluginStore(join(folder, "plugins")), runner, atPoint: () => {} },
      access: null,
    },
  ).run(life.signal);
  return runner;
};
const stop = async () => {
  life.abort();
  await living;
};
const link = (before: SigningKey | null, { hex }: SigningKey, sealed: boolean) => ({
  key: hex,
  signature:
    before &&
    sign(null, Buffer.from(signedKeyText(hex, sealed)), before.privateKey).toString("hex"),
  sealed,
});
const managed = [link(null, key, false)];
const sealedBy = (by: SigningKey, to: SigningKey) => [...managed, link(by, to, true)];
const sectionOf = (values: Readonly<Record<string, unknown>>) => {
  const entries = Object.entries(values).map(([name, value]) => ({
    key: name,
    hash: hashOf(value),
    value,
  }));
  return { hash: hashOf(entries.map((entry) => [entry.key, entry.hash])), entries };
};
let revision = 1;
/** Serves a target with a plugin and keys, and hints the board that is there. */
const want = async (
  plugin: TestPlugin["value"] | undefined,
  keys: object[] = managed,
  blobs: readonly TestPlugin[] = [one, two],
) => {
  for (const each of blobs) cloud.blobs.set(each.value.manifest.blob.sha256, each.blob);
  revision += 1;
  const target: Target = {
    revision,
    sections: {
      plugins: sectionOf(plugin ? { hello: plugin } : {}),
      trust: sectionOf({ "project-key": { keys } }),
    },
  };
  cloud.answer = { ...noTarget, target };
  if (cloud.joined.length > 0)
    await cloud.call(board, boardProcedures.link.hint, { args: [{ revision }] }).catch(() => {});
};
const rows = <Kind extends ReportRow["kind"]>(kind: Kind) =>
  cloud.reports.flatMap(({ rows: all }) =>
    (all as ReportRow[]).filter(
      (row): row is Extract<ReportRow, { kind: Kind }> => row.kind === kind,
    ),
  );
/** How the plugin's entry stands, as last told of the present target. */
const entry = () => {
  const last = rows("entries").findLast((row) => row.revision === revision);
  const found = last?.entries.find((each) => each.key === "plugins/hello");
  return found?.code ?? found?.state;
};
const settles = (state: string) => expect.poll(entry, { timeout: 5_000 }).toBe(state);
const call = async () => {
  const args = [{ plugin: "hello", parameters: { a: 1 }, timeoutMs: 1_000 }];
  return (await cloud.call(board, boardProcedures.plugins.call, { args })).args[0];
};

describe("a plugin in the target", () => {
  it("is fetched with a ticket, told when it is there, and called over the link", async () => {
    await want(one.value);
    start();
    await settles("reached");
    expect(cloud.fetched).toEqual(["Bearer ticket all"]);
    expect(await call()).toMatchObject({ result: { a: 1 }, version: one.value.version });
    expect(rows("plugin").map(({ status }) => status.state)).toEqual(["ready"]);
    expect(rows("info").at(-1)?.info.plugins?.python).toBe("3.13.1");
  });
  it("goes on from where a cut ended, whether the agent lived through it or not", async () => {
    cloud.cutAfter = 1_000;
    await want(two.value);
    start();
    await expect.poll(() => cloud.fetched.length).toBeGreaterThan(2);
    await stop();
    cloud.cutAfter = undefined;
    const before = cloud.fetched.length;
    start();
    await settles("reached");
    expect(cloud.fetched.slice(before)[0]).toMatch(/bytes=\d000-/);
  });
  it("runs again with the agent while the cloud is away, and goes when it is not wanted any more", async () => {
    await want(one.value);
    start();
    await settles("reached");
    await stop();
    const again = start();
    await expect.poll(() => again.did).toEqual(["open one"]);
    await want(undefined);
    await expect.poll(() => again.did.at(-1)).toBe("close one");
    await expect.poll(() => readdirSync(join(folder, "plugins/versions"))).toEqual([]);
  });
});

describe("a sealed project", () => {
  const signedBy = (by: SigningKey) => packSigned({ "hello.mjs": "1" }, by).value;
  it("runs what its owner signed, told in one target with the owner's key, and nothing else goes on", async () => {
    await want(one.value);
    const runner = start();
    await settles("reached");
    await want(one.value, sealedBy(key, owner));
    await settles("plugin.signature-invalid");
    expect(runner.did).toEqual(["open one", "close one"]);
    await want(signedBy(owner), sealedBy(key, owner));
    await settles("reached");
    expect(runner.did).toEqual(["open one", "close one", "open one"]);
  });
  it.each<[string, object[], SigningKey, string]>([
    ["with its old key", sealedBy(key, owner), key, "plugin.signature-invalid"],
    [
      "with a key of its own, named as the project's",
      [link(null, thief, false)],
      thief,
      "plugin.signature-invalid",
    ],
    [
      "with a key of its own, signed by the old one",
      [...managed, link(key, thief, false)],
      thief,
      "plugin.signature-invalid",
    ],
    [
      "with a key of its own, called sealed",
      sealedBy(key, thief),
      thief,
      "plugin.signature-invalid",
    ],
    [
      "with a key of its own, after the owner's",
      [...sealedBy(key, owner), link(thief, thief, true)],
      thief,
      "plugin.signature-invalid",
    ],
  ])("runs nothing that its cloud signs %s", async (_, keys, by, code) => {
    await want(signedBy(owner), sealedBy(key, owner));
    const runner = start();
    await settles("reached");
    const evil = packSigned({ "evil.mjs": "evil" }, by);
    await want(evil.value, keys, [evil]);
    await settles(code);
    expect(runner.did).toEqual(["open one"]);
    expect(await call()).toMatchObject({ version: one.value.version });
    await stop();
    // After a restart, too: what ran before is what the owner signed.
    const again = start();
    await expect.poll(() => again.did).toEqual(["open one"]);
    await settles(code);
    expect(again.did).toEqual(["open one"]);
  });
  it("runs nothing whose bytes its cloud changed", async () => {
    cloud.blobs.set(one.value.manifest.blob.sha256, packSigned({ "hello.mjs": "2" }, key).blob);
    await want(one.value, managed, []);
    const runner = start();
    await settles("plugin.damaged");
    expect(runner.did).toEqual([]);
  });
});
