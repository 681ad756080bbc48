import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createOwnerKey,
  exitCodeOf,
  MAX_SIGNATURES_AT_ONCE,
  nameSuccessor,
  type PluginManifest,
  type PluginSignature,
  packPlugin,
  signVersion,
  verifyVersion,
  versionOf,
} from "@s4t/sdk";
import { describe, expect, it } from "vitest";
import { type Answering, problem, type Seen, useCli } from "../../test/fake-cloud.ts";

const { home, open } = useCli();

const at = "2026-11-24T10:00:00.000Z";
const uuid = "01940000-0000-7000-8000-00000000000a";
const board = { uuid, name: "b", connectivity: { connected: true } };

const file = (name: string, text: string): string => {
  const path = join(home(), name);
  writeFileSync(path, text);
  return path;
};
const said = (seen: readonly Seen[]) => seen.map(({ method, path }) => `${method} ${path}`);

/** A cloud that keeps what is created, and shows it. */
const registry = (): Answering => {
  let latest:
    | { version: string; number: number; manifest: PluginManifest; signature: unknown }
    | undefined;
  const plugin = () => ({ uuid, name: latest?.manifest.name, boards: 0, description: "", latest });
  return async ({ method, path, body }) => {
    if (path.startsWith("/blobs/")) return { status: 204 };
    if (method === "POST") {
      const { manifest, signature = null } = body as {
        manifest: PluginManifest;
        signature?: unknown;
      };
      const number = (latest?.number ?? 0) + 1;
      latest = { version: await versionOf(manifest), number, manifest, signature };
      return { status: 201, json: path === "/api/plugins" ? plugin() : latest };
    }
    return latest ? { json: plugin() } : problem("plugin.not-found", 404);
  };
};

describe("plugin create", () => {
  it("takes a file by its ending and name", async () => {
    const { run } = await open(registry());
    const path = file("Hello_World.py", "def main(params, ctx): return 1\n");
    const first = await run(["plugin", "create", path, "--json"]);
    expect([first.code, first.err]).toEqual([0, ""]);
    const { latest } = JSON.parse(first.out) as { latest: { manifest: PluginManifest } };
    expect(latest.manifest).toMatchObject({
      name: "hello-world",
      runtime: "python",
      mode: "sync",
      entry: "Hello_World.py",
    });
  });
  it("holds a file's name to what a version may name", async () => {
    const { run, seen } = await open(registry());
    const { code, err } = await run(["plugin", "create", file("a b.py", "1")]);
    expect([code, err, said(seen)]).toEqual([
      exitCodeOf("plugin.manifest-invalid"),
      expect.stringContaining("manifest"),
      [],
    ]);
  });
  it("adds a version where the name is there, and says so", async () => {
    const { run, seen } = await open(registry());
    await run(["plugin", "create", file("hello.py", "1")]);
    const { err } = await run(["plugin", "create", file("hello.py", "2")]);
    expect(err).toContain("this is its version 2");
    expect(said(seen).filter((line) => line.startsWith("POST"))).toEqual([
      "POST /api/plugins",
      "POST /api/plugins/hello/versions",
    ]);
  });
  it("takes words of a folder's plugin.json, and flags over them; leaves hidden files and stubs out", async () => {
    const { run } = await open(registry());
    const folder = join(home(), "meter");
    mkdirSync(join(folder, "lib"), { recursive: true });
    writeFileSync(
      join(folder, "plugin.json"),
      JSON.stringify({ entry: "lib/go.mjs", mode: "async", limits: { memoryMiB: 32 } }),
    );
    for (const path of ["lib/go.mjs", "plugin.d.ts", ".git", "data.csv"])
      writeFileSync(join(folder, path), "1");
    const { out } = await run([
      "plugin",
      "create",
      folder,
      "--json",
      "--cpu",
      "50",
      "--no-network",
    ]);
    const { manifest } = (JSON.parse(out) as { latest: { manifest: PluginManifest } }).latest;
    expect(manifest).toMatchObject({
      ...{ name: "meter", runtime: "node", mode: "async" },
      limits: { memoryMiB: 32, cpuPercent: 50 },
      needs: { network: false },
    });
    expect(manifest.files.map(({ path }) => path)).toEqual(["data.csv", "lib/go.mjs"]);
  });
});

describe("plugin new", () => {
  it.each(
    ["node", "python"].flatMap((runtime) => ["sync", "async"].map((mode) => [runtime, mode])),
  )("makes a folder that can be created as it is: %s, %s", async (runtime, mode) => {
    const { run } = await open(registry());
    const folder = join(home(), "mine");
    const args = ["--runtime", runtime ?? "", "--mode", mode ?? ""];
    expect((await run(["plugin", "new", folder, ...args])).code).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(
      runtime === "node"
        ? ["main.mjs", "plugin.d.ts", "plugin.json"]
        : ["main.py", "plugin.json", "s4t.pyi"],
    );
    const { out } = await run(["plugin", "create", folder, "--json"]);
    const { manifest } = (JSON.parse(out) as { latest: { manifest: PluginManifest } }).latest;
    expect(manifest).toMatchObject({ name: "mine", runtime, mode });
    // What is for the editor stays here.
    expect(manifest.files.map(({ path }) => path)).toEqual([manifest.entry]);
  });
  it("never writes over what is there", async () => {
    const { run } = await open(registry());
    mkdirSync(join(home(), "mine"));
    const path = file("mine/main.mjs", "precious");
    const { code } = await run(["plugin", "new", join(home(), "mine")]);
    expect([code, readFileSync(path, "utf8")]).toEqual([exitCodeOf("file.unusable"), "precious"]);
  });
});

const injected = (state: string, sentence?: string) => ({
  plugin: { uuid, name: "hello", runtime: "node", mode: "sync" },
  ...{ board, version: "a".repeat(64), number: 1, onBoot: false, restart: "no", parameters: {} },
  entry: { state, problem: sentence ? { code: "plugin.runtime-missing", sentence } : null },
  ...{ state: null, since: null, exit: null, updatedAt: at },
});

describe("plugin inject", () => {
  it("waits until the board has it", async () => {
    let asked = 0;
    const { run, seen } = await open(({ method, path }) => {
      if (path === `/api/boards/b`) return { json: board };
      if (method === "GET") asked += 1;
      return { json: injected(asked < 3 ? "waiting" : "reached") };
    });
    const { code, out } = await run([
      "plugin",
      "inject",
      "b",
      "hello",
      "--on-boot",
      "--params",
      '{"a":1}',
      "--json",
    ]);
    expect([code, (JSON.parse(out) as { entry: { state: string } }).entry.state, asked]).toEqual([
      0,
      "reached",
      3,
    ]);
    expect(seen[0]?.body).toEqual({ onBoot: true, parameters: { a: 1 } });
  });
  it("fails with the board's own reason, in a sentence and as an exit code", async () => {
    const { run, seen } = await open(() => ({
      json: injected("failed", "This board has no Python."),
    }));
    const { code, err } = await run(["plugin", "inject", "b", "hello"]);
    expect(seen[0]?.body).toEqual({ version: "latest" });
    expect([code, err]).toEqual([
      exitCodeOf("plugin.runtime-missing"),
      expect.stringContaining("This board has no Python."),
    ]);
  });
  it("does not wait for a board that is away: the wish stands", async () => {
    const { run } = await open(({ path }) =>
      path === "/api/boards/b"
        ? { json: { ...board, connectivity: { connected: false } } }
        : { json: injected("waiting") },
    );
    const { code, err } = await run(["plugin", "inject", "b", "hello"]);
    expect([code, err]).toEqual([0, expect.stringContaining("The board is away")]);
  });
});

describe("plugin call", () => {
  const operation = (members: object) => ({
    ...{
      uuid,
      name: "injection.call",
      actor: "chiara",
      createdAt: at,
      endedAt: at,
      result: null,
      problem: null,
    },
    ...members,
  });
  it("prints the result, or with --json the operation", async () => {
    const { run, seen } = await open(() => ({
      json: operation({ status: "done", result: { result: { a: [1] }, tookMs: 1 } }),
    }));
    expect(
      JSON.parse(
        (await run(["plugin", "call", "b", "hello", "--params", "-"], { input: '{"n":1}' })).out,
      ),
    ).toEqual({ a: [1] });
    expect(JSON.parse((await run(["plugin", "call", "b", "hello", "--json"])).out)).toMatchObject({
      status: "done",
    });
    expect(seen[0]?.body).toEqual({ parameters: { n: 1 } });
    expect(seen[0]?.headers.prefer).toBe("wait=1");
  });
  it("shows the plugin's own traceback on standard error, and its code as the exit code", async () => {
    const details = { traceback: "Traceback: line 3\n  \u001b[2Jboom" };
    const failed = operation({
      status: "failed",
      problem: { code: "plugin.failed", sentence: "The plugin failed: boom.", details },
    });
    const { run } = await open(() => ({ json: failed }));
    const { code, out, err } = await run(["plugin", "call", "b", "hello"]);
    expect([code, out]).toEqual([exitCodeOf("plugin.failed"), ""]);
    expect(err).toContain("Traceback: line 3");
    expect(err).not.toContain("\u001b");
  });
  it("waits on for one that takes longer than a request", async () => {
    let asked = 0;
    const { run } = await open(({ path }) => {
      if (!path.startsWith("/api/operations")) return { json: operation({ status: "running" }) };
      asked += 1;
      return {
        json: operation(
          asked < 2 ? { status: "running" } : { status: "done", result: { result: 7 } },
        ),
      };
    });
    expect((await run(["plugin", "call", "b", "hello"])).out).toBe("7\n");
  });
  it.each(["[1]", "{", "7"])("refuses parameters that are no object: %s", async (text) => {
    const { run, seen } = await open(() => ({ json: {} }));
    const { code, err } = await run(["plugin", "call", "b", "hello", "--params", text]);
    expect([code, err, seen.length]).toEqual([
      exitCodeOf("request.invalid"),
      expect.stringContaining("--params"),
      0,
    ]);
  });
});

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
  it("is sealed: what boards have is signed with the key, and the rest right after it", async () => {
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
    const { run } = await open(({ method, path, body }) => {
      if (method === "PUT") {
        const version = path.split("/")[5] ?? "";
        given[version] = body as PluginSignature;
        return { json: rows.find((row) => row.version === version) };
      }
      if (path.endsWith("/seal")) {
        expect(given).toEqual({});
        const sent = body as { key: string; signatures: Record<string, string> };
        atOnce = sent.signatures;
        return { json: { key: sent.key, level: "sealed", since: at } };
      }
      if (path.startsWith("/api/projects"))
        return { json: { uuid, name: "messina", boards: 0, description: "" } };
      if (path.endsWith("/content")) return { bytes: Buffer.from(blob) as never };
      if (path.endsWith("/boards"))
        return { json: { items: [{ version: oldest?.version }], next: null } };
      if (path.endsWith("/versions")) return { json: { items: rows.toReversed(), next: null } };
      return { json: { items: [{ uuid, name: "hello", boards: 1 }], next: null } };
    });
    const keyFile = join(home(), "owner.key");
    const { code, err } = await run(["project", "seal", "messina", "--key", keyFile, "--yes"]);
    expect([code, err]).toEqual([0, ""]);
    expect(Object.keys(atOnce)).toHaveLength(MAX_SIGNATURES_AT_ONCE);
    expect(atOnce[oldest?.version ?? ""]).toMatch(/^[0-9a-f]{128}$/);
    expect(Object.keys(given).sort()).toEqual(
      rows
        .slice(1, beyond + 1)
        .map(({ version }) => version)
        .sort(),
    );
    for (const [version, signature] of Object.entries(given))
      expect(await verifyVersion(version, signature)).toBe(true);
  }, 120_000);
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
    const { code, err } = await run([...flags, "--new-key", next]);
    expect([code, err]).toEqual([0, ""]);
    const brought = sent[0]?.next;
    const made = JSON.parse(readFileSync(next, "utf8")) as { publicKey: string };
    expect(brought?.key).toBe(made.publicKey);
    expect(Object.keys(brought?.signatures ?? {})).toEqual([mine.version]);
    expect(brought?.named).toBe(await nameSuccessor(made.publicKey, key));
    expect(readFileSync(`${next}.boards`, "utf8")).toBe("lamp 00\n");
  });
});
