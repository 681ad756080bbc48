// A project's key goes to its owner: what is signed, in which order, and how it ends where the cloud fails in the middle.
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createOwnerKey,
  exitCodeOf,
  MAX_SIGNATURES_AT_ONCE,
  nameSuccessor,
  type PluginSignature,
  packPlugin,
  signVersion,
  verifyVersion,
  versionOf,
} from "@s4t/sdk";
import { describe, expect, it } from "vitest";
import { type Answering, problem, useCli } from "../../test/fake-cloud.ts";

const { home, open } = useCli();

const at = "2026-11-24T10:00:00.000Z";
const uuid = "01940000-0000-7000-8000-00000000000a";
/** What is kept beside a key of what did not come with it. */
const restFiles = () => readdirSync(home()).filter((name) => name.endsWith(".rest"));

describe("project seal", () => {
  it("makes the owner's key, checks every version, signs it, and sends nothing private", async () => {
    const packed = await packPlugin([{ path: "a.mjs", bytes: new TextEncoder().encode("1") }], {
      name: "hello",
      runtime: "node",
      mode: "sync",
      entry: "a.mjs",
    });
    const version = {
      version: packed.version,
      number: 1,
      manifest: packed.manifest,
      signature: null,
      createdAt: at,
      createdBy: "x",
    };
    const sent: { key: string; signatures: Record<string, string> }[] = [];
    const answering: Answering = ({ path, body }) => {
      if (path.endsWith("/seal")) {
        sent.push(body as never);
        return { json: { key: sent[0]?.key, level: "sealed", since: at } };
      }
      if (path.startsWith("/api/projects"))
        return { json: { uuid, name: "messina", boards: 0, description: "" } };
      if (path.endsWith("/content")) return { bytes: Buffer.from(packed.blob).toString("latin1") };
      if (path.endsWith("/versions")) return { json: { items: [version], next: null } };
      return { json: { items: [{ uuid, name: "hello" }], next: null } };
    };
    // Bytes of a blob do not survive as text.
    const raw: Answering = async (one) => {
      const answer = await answering(one);
      return answer.bytes === undefined
        ? answer
        : { ...answer, bytes: Buffer.from(packed.blob) as never };
    };
    const { run, seen } = await open(raw);
    const keyFile = join(home(), "owner.key");
    const { code, err } = await run(["project", "seal", "messina", "--key", keyFile, "--yes"]);
    expect([code, err]).toEqual([0, ""]);
    const key = JSON.parse(readFileSync(keyFile, "utf8")) as {
      publicKey: string;
      privateKey: string;
    };
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(sent[0]?.key).toBe(key.publicKey);
    const signature = sent[0]?.signatures[packed.version] ?? "";
    expect(await verifyVersion(packed.version, { key: key.publicKey, signature })).toBe(true);
    expect(JSON.stringify(seen)).not.toContain(key.privateKey);
    // Of the project that is sealed, whatever its owner's own is.
    const asked = seen.filter(({ path }) => path.startsWith("/api/plugins"));
    expect(asked.length).toBeGreaterThan(2);
    expect(new Set(asked.map(({ headers }) => headers["s4t-project"]))).toEqual(new Set([uuid]));
    // Again: the same key, never a new one over it.
    await run(["project", "seal", "messina", "--key", keyFile, "--yes"]);
    expect(sent[0]?.key).toBe(key.publicKey);
    chmodSync(keyFile, 0o644);
    const open_ = await run(["project", "seal", "messina", "--key", keyFile, "--yes"]);
    expect([open_.code, open_.err]).toEqual([
      exitCodeOf("file.unusable"),
      expect.stringContaining("chmod 600"),
    ]);
  });
});

describe("a project of more versions than one request can sign", () => {
  const beyond = 3;
  it("is sealed: what boards have is signed with the key; a fault in the rest loses nothing, and sealing again goes on", async () => {
    const { blob, manifest } = await packPlugin(
      [{ path: "a.mjs", bytes: new TextEncoder().encode("1") }],
      { name: "hello", runtime: "node", mode: "sync", entry: "a.mjs" },
    );
    const rows = await Promise.all(
      Array.from({ length: MAX_SIGNATURES_AT_ONCE + beyond }, async (_, at) => {
        const own = { ...manifest, parameters: { type: "object", title: `${at}` } };
        return {
          ...{ version: await versionOf(own), number: at + 1, manifest: own, signature: null },
          ...{ createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString(), createdBy: "x" },
        };
      }),
    );
    const [oldest] = rows;
    const given: Record<string, PluginSignature> = {};
    let atOnce: Record<string, string> = {};
    let key = { key: "managed", level: "managed", since: at };
    const puts: string[] = [];
    const sign: Answering = ({ path, body }) => {
      const version = path.split("/")[5] ?? "";
      puts.push(version);
      // The second one meets a cloud that starts anew, then one with a fault.
      if (puts.length === 2) return problem("cloud.unavailable", 503);
      if (puts.length === 3) return problem("internal", 500);
      given[version] = body as PluginSignature;
      return { json: rows.find((row) => row.version === version) };
    };
    const { run, seen } = await open((one) => {
      const { method, path, body } = one;
      if (method === "PUT") return sign(one);
      if (path.endsWith("/seal")) {
        expect(given).toEqual({});
        const sent = body as { key: string; signatures: Record<string, string> };
        atOnce = sent.signatures;
        key = { key: sent.key, level: "sealed", since: at };
      }
      if (path.endsWith("/seal") || path.endsWith("/key")) return { json: key };
      if (path.startsWith("/api/projects"))
        return { json: { uuid, name: "messina", boards: 0, description: "" } };
      if (path.endsWith("/content")) return { bytes: Buffer.from(blob) as never };
      if (path.endsWith("/boards"))
        return { json: { items: [{ version: oldest?.version }], next: null } };
      if (path.endsWith("/versions")) return { json: { items: rows.toReversed(), next: null } };
      return { json: { items: [{ uuid, name: "hello", boards: 1 }], next: null } };
    });
    const keyFile = join(home(), "owner.key");
    const flags = ["project", "seal", "messina", "--key", keyFile, "--yes"];
    const first = await run(flags);
    expect([first.code, first.err]).toEqual([
      exitCodeOf("internal"),
      expect.stringContaining("internal"),
    ]);
    expect(first.out).toContain("keep it safe");
    expect(first.out).toContain("2 versions are left without their signature");
    expect([puts.length, puts[1], Object.keys(given).length]).toEqual([3, puts[2], 1]);
    expect(Object.keys(atOnce)).toHaveLength(MAX_SIGNATURES_AT_ONCE);
    expect(atOnce[oldest?.version ?? ""]).toMatch(/^[0-9a-f]{128}$/);
    // What came since is not among what was looked at then.
    rows.push({ ...rows[1], version: "f".repeat(64) } as never);
    const before = seen.length;
    const { code, err } = await run(flags);
    expect([code, err]).toEqual([0, ""]);
    const asked = seen.slice(before).map(({ method }) => method);
    expect(asked.filter((method) => method !== "GET")).toEqual(["PUT", "PUT"]);
    expect(Object.keys(given).sort()).toEqual(
      rows
        .slice(1, beyond + 1)
        .map(({ version }) => version)
        .sort(),
    );
    for (const [version, signature] of Object.entries(given))
      expect(await verifyVersion(version, signature)).toBe(true);
    expect(restFiles()).toEqual([]);
    const other = await run(["project", "seal", "messina", "--key", `${keyFile}2`, "--yes"]);
    expect([other.code, existsSync(`${keyFile}2`)]).toEqual([exitCodeOf("project.sealed"), false]);
    expect(other.err).toContain("project.sealed");
  }, 120_000);
});

describe("an answer that is lost", () => {
  it.each([
    [true, 0],
    [false, exitCodeOf("cloud.unavailable")],
  ])("of a seal is no failure where the project has the key: %s", async (isDone, expected) => {
    let key = { key: "managed", level: "managed", since: at };
    const { run } = await open(({ path, body }) => {
      if (path.endsWith("/key")) return { json: key };
      if (path.endsWith("/seal")) {
        if (isDone) key = { key: (body as { key: string }).key, level: "sealed", since: at };
        return problem("cloud.unavailable", 503);
      }
      if (path.startsWith("/api/projects")) return { json: { uuid, name: "messina" } };
      return { json: { items: [], next: null } };
    });
    const keyFile = join(home(), "owner.key");
    const { code, out } = await run(["project", "seal", "messina", "--key", keyFile, "--yes"]);
    expect([code, out.includes("keep it safe")]).toEqual([expected, isDone]);
  });
});

describe("project rekey", () => {
  it("signs with the next key what the present one has signed, and nothing that was slipped in", async () => {
    const pack = (text: string) =>
      packPlugin([{ path: "a.mjs", bytes: new TextEncoder().encode(text) }], {
        ...{ name: "hello", runtime: "node", mode: "sync", entry: "a.mjs" },
      });
    const [mine, unsigned, slipped] = [await pack("1"), await pack("2"), await pack("3")];
    const [present, next] = [join(home(), "present.key"), join(home(), "next.key")];
    const key = await createOwnerKey();
    writeFileSync(present, JSON.stringify(key), { mode: 0o600 });
    writeFileSync(`${present}.boards`, "lamp 00\n");
    const row = ({ version, manifest }: typeof mine, signature: unknown) => ({
      ...{ version, number: 1, manifest, signature, createdAt: at, createdBy: "x" },
    });
    const good = await signVersion(mine.version, key);
    const sent: { next?: { key: string; named: string; signatures: Record<string, string> } }[] =
      [];
    const { run } = await open(async ({ path, body }) => {
      if (path.endsWith("/rekey")) {
        sent.push(body as never);
        return { json: { key: "k", level: "sealed", since: at } };
      }
      if (path.startsWith("/api/projects"))
        return { json: { uuid, name: "messina", boards: 0, description: "" } };
      if (path.endsWith("/content")) return { bytes: Buffer.from(mine.blob) as never };
      if (path.endsWith("/versions"))
        return {
          json: {
            // The last: a version of the thief's with the owner's key under it, and a signature of another.
            items: [row(mine, good), row(unsigned, null), row(slipped, good)],
            next: null,
          },
        };
      return { json: { items: [{ uuid, name: "hello" }], next: null } };
    });
    const flags = ["project", "rekey", "messina", "--yes", "--key", present];
    const alone = await run(flags);
    expect([alone.code, alone.err]).toEqual([
      exitCodeOf("config.invalid"),
      expect.stringContaining("--new-key"),
    ]);
    const { code, err, out } = await run([...flags, "--new-key", next]);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain("2 versions that the present key has not signed are left out");
    const brought = sent[0]?.next;
    const made = JSON.parse(readFileSync(next, "utf8")) as { publicKey: string };
    expect(brought?.key).toBe(made.publicKey);
    expect(Object.keys(brought?.signatures ?? {})).toEqual([mine.version]);
    expect(brought?.named).toBe(await nameSuccessor(made.publicKey, key));
    expect(readFileSync(`${next}.boards`, "utf8")).toBe("lamp 00\n");
  });
  it("brings first what an interrupted seal kept: the present key has signed it", async () => {
    const packed = await packPlugin([{ path: "a.mjs", bytes: new TextEncoder().encode("1") }], {
      ...{ name: "hello", runtime: "node", mode: "sync", entry: "a.mjs" },
    });
    const { version, manifest } = packed;
    const present = join(home(), "present.key");
    const key = await createOwnerKey();
    writeFileSync(present, JSON.stringify(key), { mode: 0o600 });
    const good = await signVersion(version, key);
    const kept = { uuid, name: "hello", version, number: 1, createdAt: at };
    writeFileSync(
      `${present}.${uuid}.rest`,
      `${JSON.stringify({ ...kept, signature: good.signature })}\n`,
    );
    const row = { version, number: 1, manifest, createdAt: at, createdBy: "x" };
    let signature: unknown = null;
    let sent: Record<string, string> = {};
    const { run } = await open(({ method, path, body }) => {
      if (method === "PUT") signature = body;
      if (method === "PUT") return { json: { ...row, signature } };
      if (path.endsWith("/rekey")) {
        sent = (body as { next: { signatures: typeof sent } }).next.signatures;
        return { json: { key: "k", level: "sealed", since: at } };
      }
      if (path.startsWith("/api/projects")) return { json: { uuid, name: "messina" } };
      if (path.endsWith("/content")) return { bytes: Buffer.from(packed.blob) as never };
      if (path.endsWith("/versions"))
        return { json: { items: [{ ...row, signature }], next: null } };
      return { json: { items: [{ uuid, name: "hello" }], next: null } };
    });
    const next = ["--new-key", join(home(), "next.key")];
    const flags = ["project", "rekey", "messina", "--yes", "--key", present, ...next];
    const { code, err } = await run(flags);
    expect([code, err]).toEqual([0, ""]);
    expect([signature, Object.keys(sent), restFiles()]).toEqual([good, [version], []]);
  });
});
