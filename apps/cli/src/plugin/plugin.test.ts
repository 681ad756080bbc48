import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodeOf, type PluginManifest, versionOf } from "@s4t/sdk";
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
