// What an owner looks at before they trust a version, and signs it: nothing of it is the cloud's word alone.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createOwnerKey,
  exitCodeOf,
  type OwnerKey,
  type PackedPlugin,
  type PluginSignature,
  packPlugin,
  signVersion,
  verifyVersion,
} from "@s4t/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import { type Answering, problem, type Seen, useCli } from "../../test/fake-cloud.ts";

const at = "2026-11-24T10:00:00.000Z";
const uuid = "01940000-0000-7000-8000-00000000000a";
const project = "01940000-0000-7000-8000-00000000000b";
const source = "def main(params, ctx):\n    return 1\n";
const about = { name: "hello", runtime: "python", mode: "sync", entry: "hello.py" } as const;
const pack = (text: string): Promise<PackedPlugin> =>
  packPlugin([{ path: "hello.py", bytes: new TextEncoder().encode(text) }], about);

const cli = useCli();
let key: OwnerKey;
let other: OwnerKey;
let packed: PackedPlugin;
let another: PackedPlugin;
beforeAll(async () => {
  [key, other] = [await createOwnerKey(), await createOwnerKey()];
  [packed, another] = [await pack(source), await pack(source.replace("1", "2"))];
});
const file = (name: string, text: string): string => {
  const path = join(cli.home(), name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};
const keyFile = (of: OwnerKey): string => file("owner.key", JSON.stringify(of));

/** What a cloud shows of the plugin; a member that is said is a lie of it. */
interface Shown {
  readonly version: string;
  readonly manifest: PackedPlugin["manifest"];
  readonly signature: PluginSignature | null;
  readonly blob: Uint8Array;
  /** The project's present key. */
  readonly key: string;
}
const honest = async (): Promise<Shown> => ({
  ...packed,
  ...{ signature: await signVersion(packed.version, key), key: key.publicKey },
});

const rowOf = ({ version, manifest, signature }: Shown, number = 2) => ({
  ...{ version, number, manifest, signature, createdAt: at, createdBy: "chiara" },
});
const answering =
  (shown: Shown): Answering =>
  ({ method, path, body }) => {
    if (method === "PUT") return { json: rowOf({ ...shown, signature: body as PluginSignature }) };
    if (path === `/api/projects/${project}/key`)
      return { json: { key: shown.key, level: "sealed", since: at } };
    if (path.endsWith("/content")) return { bytes: Buffer.from(shown.blob) as never };
    const [, , , name, list, version] = path.split("/");
    if (name !== "hello") return problem("plugin.not-found", 404);
    if (version !== undefined)
      return version !== "3" ? { json: rowOf(shown) } : problem("plugin.version-not-found", 404);
    if (list !== undefined)
      return {
        json: {
          items: [
            rowOf(shown),
            rowOf({ ...another, blob: shown.blob, signature: null, key: "" }, 1),
          ],
          next: null,
        },
      };
    const { name: called, runtime, mode } = shown.manifest;
    return {
      json: {
        ...{ uuid, name: called, project, description: "says hello", labels: {}, runtime, mode },
        ...{ boards: 3, versions: 2, latest: rowOf(shown), createdAt: at, can: {}, rev: 1 },
      },
    };
  };
const open = async (lies: Partial<Shown> = {}) => {
  const { run, seen } = await cli.open(answering({ ...(await honest()), ...lies }));
  return { run: (...args: string[]) => run(["plugin", ...args]), seen };
};
const writes = (seen: readonly Seen[]): Seen[] => seen.filter(({ method }) => method !== "GET");
const turned = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, i) => (i === Math.floor(bytes.length / 2) ? byte ^ 1 : byte));
const turnedHex = (hex: string): string => (hex.startsWith("0") ? "1" : "0") + hex.slice(1);

/** Lies about what a version is: whoever looks finds them before anything is signed. */
const alterations: Readonly<Record<string, () => Partial<Shown> | Promise<Partial<Shown>>>> = {
  "one bit of its content": () => ({ blob: turned(packed.blob) }),
  "other content": () => ({ blob: another.blob }),
  "its manifest": () => ({
    manifest: { ...packed.manifest, needs: { ...packed.manifest.needs, children: true } },
  }),
  "its manifest and its content": () => ({ manifest: another.manifest, blob: another.blob }),
};

describe("plugin verify", () => {
  it("says of a version that it is good, once it has looked at all of it", async () => {
    const { run, seen } = await open();
    const { code, out, err } = await run("verify", "hello");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("Id, bytes, files and signature are as they should be.");
    expect(seen.map(({ path }) => path)).toEqual([
      "/api/plugins/hello/versions/latest",
      `/api/plugins/hello/versions/${packed.version}/content`,
      "/api/plugins/hello",
      `/api/projects/${project}/key`,
    ]);
    const json = await run("verify", "hello", "--version-id", "2", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ status: "verified", version: packed.version });
  });

  it.each(Object.entries(alterations))("finds %s altered", async (_, lie) => {
    const { run } = await open(await lie());
    const { code, out, err } = await run("verify", "hello");
    expect([code, out]).toEqual([exitCodeOf("plugin.damaged"), ""]);
    expect(err).toContain("plugin.damaged");
  });

  const signatures: Readonly<Record<string, () => Promise<Partial<Shown>>>> = {
    "nobody signed it": async () => ({ signature: null }),
    "the signature is not of this version": async () => {
      const { signature } = await signVersion(packed.version, key);
      return { signature: { key: key.publicKey, signature: turnedHex(signature) } };
    },
    "another key than the project's present one": async () => ({
      signature: await signVersion(packed.version, other),
    }),
  };
  it.each(Object.entries(signatures))("refuses a version where %s", async (because, lie) => {
    const { run } = await open(await lie());
    const { code, out, err } = await run("verify", "hello");
    expect([code, out]).toEqual([exitCodeOf("plugin.signature-invalid"), ""]);
    expect(err).toContain(because);
    expect(err).toContain("plugin.signature-invalid");
  });
  it("refuses a good signature of another version, and the project's key where it is another", async () => {
    for (const lie of [
      { signature: await signVersion(another.version, key) },
      { signature: { ...(await signVersion(packed.version, other)), key: key.publicKey } },
      { key: other.publicKey },
    ]) {
      const { run } = await open(lie);
      expect((await run("verify", "hello")).code).toBe(exitCodeOf("plugin.signature-invalid"));
    }
  });

  it("takes no other version for the one that was named by its id", async () => {
    const { run } = await open();
    const named = (version: string) => run("verify", "hello", "--version-id", version);
    const short = (version: string): string => version.slice(0, 12);
    expect((await named(short(packed.version))).code).toBe(0);
    for (const version of [another.version, short(another.version)]) {
      const { code, err } = await named(version);
      expect([code, err]).toEqual([
        exitCodeOf("plugin.damaged"),
        expect.stringContaining("another version"),
      ]);
    }
  });

  it("holds it to what a source packs to", async () => {
    const { run } = await open();
    const path = file("hello.py", source);
    expect((await run("verify", "hello", "--source", path)).code).toBe(0);
    writeFileSync(path, source.replace("1", "2"));
    const { code, err } = await run("verify", "hello", "--source", path);
    expect(code).toBe(exitCodeOf("plugin.damaged"));
    expect(err).toContain(`it is not what ${path} packs to (${another.version})`);
  });
});

describe("plugin sign", () => {
  it("signs what it has checked, with a key that stays here", async () => {
    const { run, seen } = await open({ signature: null });
    const args = ["--key", keyFile(key), "--source", file("hello.py", source), "--json"];
    const { code, out, err } = await run("sign", "hello", ...args);
    expect([code, err]).toEqual([0, ""]);
    const [sent, ...more] = writes(seen);
    expect([sent?.method, sent?.path, more]).toEqual([
      ...["PUT", `/api/plugins/hello/versions/${packed.version}/signature`],
      [],
    ]);
    const signature = sent?.body as PluginSignature;
    expect(signature.key).toBe(key.publicKey);
    expect(await verifyVersion(packed.version, signature)).toBe(true);
    expect(JSON.parse(out)).toMatchObject({ version: packed.version, signature });
    expect(JSON.stringify(seen)).not.toContain(key.privateKey);
  });

  it.each(Object.entries(alterations))("signs nothing where %s is altered", async (_, lie) => {
    const { run, seen } = await open({ signature: null, ...(await lie()) });
    const { code, err } = await run("sign", "hello", "--key", keyFile(key));
    expect([code, writes(seen)]).toEqual([exitCodeOf("plugin.damaged"), []]);
    expect(err).toContain("plugin.damaged");
  });

  it("signs nothing that its source does not pack to, nor a version that is not there", async () => {
    const { run, seen } = await open({ signature: null });
    const args = ["sign", "hello", "--key", keyFile(key)];
    const path = file("hello.py", `${source}# more\n`);
    expect((await run(...args, "--source", path)).code).toBe(exitCodeOf("plugin.damaged"));
    const missing = await run(...args, "--version-id", "3");
    expect([missing.code, missing.err]).toEqual([
      exitCodeOf("plugin.version-not-found"),
      expect.stringContaining("plugin.version-not-found"),
    ]);
    expect(writes(seen)).toEqual([]);
  });
});

describe("what there is of a plugin", () => {
  it("plugin versions lists them, with who made and whether one signed each", async () => {
    const { run, seen } = await open();
    const { code, out } = await run("versions", "hello");
    const [head, ...rows] = out.trim().split("\n");
    expect([code, head?.split(/ {2,}/)]).toEqual([
      ...[0, ["number", "made", "signed", "files", "id"]],
    ]);
    expect(rows.map((row) => row.trim().split(/ {2,}/).toSpliced(1, 1))).toEqual([
      ["2", "yes", "1", packed.version],
      ["1", "no", "1", another.version],
    ]);
    expect(rows[0]).toContain("by chiara");
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /api/plugins/hello/versions",
    ]);
    const json = JSON.parse((await run("versions", "hello", "--json")).out);
    expect(JSON.stringify(json)).toContain(another.version);
  });

  it("plugin show tells what the latest runs, may and needs, and who signed it", async () => {
    const { run } = await open();
    const { code, out } = await run("show", "hello");
    const lines = Object.fromEntries(
      out
        .trim()
        .split("\n")
        .map((line) => line.trim().split(/ {2,}/)),
    );
    const { limits } = packed.manifest;
    expect(code).toBe(0);
    expect(lines).toEqual({
      ...{ name: "hello", id: uuid, about: "says hello", boards: "3", needs: "network" },
      version: `2, ${packed.version}`,
      signed: `by ${key.publicKey.slice(0, 12)}…`,
      runs: "hello.py with python, sync",
      files: "1, 1 KiB",
      limits: `${limits.memoryMiB} MiB, ${limits.cpuPercent} % of a processor, ${limits.processes} processes, ${limits.callS} s a call`,
    });
    const none = await run("show", "other");
    expect([none.code, none.err]).toEqual([
      exitCodeOf("plugin.not-found"),
      expect.stringContaining("plugin.not-found"),
    ]);
  });
  it("and says where the project's present key has not signed it", async () => {
    const { run } = await open({ signature: null });
    expect((await run("show", "hello")).out).toMatch(/signed +not by the project's present key/);
  });
});
