// Plugins through REST, with a board of another house: stored, put on the board, fetched by it, called.
import { verify } from "node:crypto";
import { gzipSync } from "node:zlib";
import { cloudProcedures, signedVersionText, wampErrorOf } from "@s4t/contract";
import { WampError } from "@s4t/wamp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BoardSession, type EnrolledBoard, enrolBoard, joinAs, offer } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { create, pack, upload } from "./plugin.ts";

let cloud: TestCloud;
let board: EnrolledBoard;
let session: BoardSession;
let answer: (verb: string, args: Record<string, unknown>) => unknown;

beforeAll(async () => {
  cloud = await openTestCloud();
  board = await enrolBoard(cloud, "b1");
  session = await joinAs(cloud, board, { features: ["board", "plugins"] });
  await offer(session, board, async ({ procedure, args }) => ({
    args: [await answer(procedure.split(".").at(-1) ?? "", args[0] as Record<string, unknown>)],
  }));
  answer = () => ({});
}, 60_000);
afterAll(async () => {
  await session.session.close();
  await cloud.close();
});

const ask = (method: string, path: string, body?: unknown, headers = {}) =>
  cloud.call(method, path, { token: cloud.admin, headers, ...(body ? { body } : {}) });
const inject = (name: string, body: object = {}) =>
  ask("PUT", `/api/boards/b1/plugins/${name}`, body);
const call = (name: string, body: object, headers = {}) =>
  ask("POST", `/api/boards/b1/plugins/${name}/call`, body, headers);
const wait = { prefer: "wait=10" };
const target = async () =>
  (
    (await session.ask(cloudProcedures.targetGet, { have: {}, jobsAfter: 0 })) as {
      target: {
        // biome-ignore lint/suspicious/noExplicitAny: looked into by the test
        sections: Record<string, { entries: { key: string; hash: string; value: any }[] }>;
      };
    }
  ).target.sections;

describe("a version", () => {
  it("is stored signed by the project's key, under the hash of its manifest", async () => {
    const packed = pack("signed");
    const made = await create(cloud, packed);
    expect(made.status, made.text).toBe(201);
    const { latest } = made.body;
    expect(latest).toMatchObject({ version: packed.version, number: 1 });
    const spki = Buffer.concat([
      Buffer.from("302a300506032b6570032100", "hex"),
      Buffer.from(latest.signature.key, "hex"),
    ]);
    const isGood = verify(
      null,
      Buffer.from(signedVersionText(packed.version)),
      { key: spki, format: "der", type: "spki" },
      Buffer.from(latest.signature.signature, "hex"),
    );
    expect(isGood).toBe(true);
    const content = await fetch(`${cloud.url}/api/plugins/signed/versions/1/content`, {
      headers: { authorization: `Bearer ${cloud.admin}` },
    });
    expect(Buffer.from(await content.arrayBuffer()).equals(packed.blob)).toBe(true);
  });
  it("is one only once, and found by number, id, beginning and as the latest", async () => {
    const [first, second] = [pack("many", { "a.js": "1" }), pack("many", { "a.js": "2" })];
    await create(cloud, first);
    await upload(cloud, second);
    const path = "/api/plugins/many/versions";
    for (let round = 0; round < 2; round += 1) {
      const added = await ask("POST", path, { manifest: second.manifest });
      expect([added.status, added.body.number]).toEqual([201, 2]);
    }
    for (const name of ["2", "latest", second.version, second.version.slice(0, 12)])
      expect((await ask("GET", `${path}/${name}`)).body.version, name).toBe(second.version);
    expect((await ask("GET", `${path}/3`)).code).toBe("plugin.version-not-found");
    const list = (await ask("GET", path)).body.items;
    expect(list.map(({ number }: { number: number }) => number)).toEqual([2, 1]);
  });
  it("is refused whose bytes are not what it says, and nothing of it remains", async () => {
    const good = pack("bad", { "a.js": "one", "b.js": "two" });
    const [a, b] = good.manifest.files;
    const faults = {
      "another file": { files: [a, { ...b, sha256: "0".repeat(64) }] },
      "a file too many": { files: [a, b, { path: "c.js", bytes: 1, sha256: "0".repeat(64) }] },
      "bytes too many": { files: [a] },
      "another size": { blob: { ...good.manifest.blob, bytes: 5 } },
    };
    await upload(cloud, good);
    for (const [what, fault] of Object.entries(faults)) {
      const made = await ask("POST", "/api/plugins", { manifest: { ...good.manifest, ...fault } });
      expect(made.code, what).toBe("plugin.damaged");
    }
    const bomb = pack("bad", { "a.js": "x" });
    const packedBomb = gzipSync(Buffer.alloc(200_000_000));
    const bombed = pack("bad", { "a.js": "x" }, {});
    const { createHash } = await import("node:crypto");
    const blob = {
      sha256: createHash("sha256").update(packedBomb).digest("hex"),
      bytes: packedBomb.length,
    };
    const manifest = { ...bombed.manifest, blob };
    await upload(cloud, { manifest, blob: packedBomb });
    expect((await ask("POST", "/api/plugins", { manifest })).code).toBe("plugin.damaged");
    const missing = { ...bomb.manifest, blob: { sha256: "1".repeat(64), bytes: 3 } };
    expect((await ask("POST", "/api/plugins", { manifest: missing })).code).toBe("blob.not-found");
    expect((await ask("GET", "/api/plugins/bad")).code).toBe("plugin.not-found");
  });
  it("is refused whose bytes come under another name, or as something else", async () => {
    const packed = pack("misnamed");
    const other = { ...packed.manifest, blob: { sha256: "2".repeat(64), bytes: 1 } };
    const answered = await upload(cloud, { manifest: other, blob: packed.blob });
    expect(answered.code).toBe("blob.damaged");
    expect((await ask("PUT", `/blobs/${"2".repeat(64)}`, {})).code).toBe(
      "request.unsupported-media",
    );
  });
});

describe("a plugin on a board", () => {
  const packed = pack(
    "hello",
    { "main.js": "hello" },
    {
      parameters: {
        type: "object",
        properties: { name: { type: "string", default: "world" } },
      },
    },
  );
  beforeAll(async () => {
    await create(cloud, packed);
  });

  it("is in the board's target with its signature, and the key to check it by", async () => {
    const made = await inject("hello", { parameters: { name: "kept" } });
    expect(made.status, made.text).toBe(200);
    expect(made.body).toMatchObject({ version: packed.version, state: null, onBoot: false });
    const { plugins, trust } = await target();
    expect(plugins?.entries).toMatchObject([
      { key: "hello", value: { version: packed.version, parameters: { name: "kept" } } },
    ]);
    const { key } = plugins?.entries[0]?.value.signature ?? {};
    const keys = trust?.entries.find((entry) => entry.key === "project-key")?.value.keys;
    expect(keys).toEqual([{ key, signature: null, sealed: false }]);
  });
  it("is fetched with a ticket, in stretches, as often as needed, and only this one", async () => {
    const { sha256, bytes } = packed.manifest.blob;
    const ticket = (await session.ask(cloudProcedures.blobTicket, { sha256 })) as {
      path: string;
      token: string;
    };
    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(cloud.url + path, { headers: { authorization: `Bearer ${ticket.token}`, ...headers } });
    const whole = await get(ticket.path);
    expect(whole.status).toBe(200);
    expect(whole.headers.get("etag")).toBe(`"${sha256}"`);
    expect(Buffer.from(await whole.arrayBuffer()).equals(packed.blob)).toBe(true);
    const part = await get(ticket.path, { range: "bytes=5-" });
    expect([part.status, part.headers.get("content-range")]).toEqual([
      206,
      `bytes 5-${bytes - 1}/${bytes}`,
    ]);
    expect(Buffer.from(await part.arrayBuffer()).equals(packed.blob.subarray(5))).toBe(true);
    const last = await get(ticket.path, { range: "bytes=-3" });
    expect(Buffer.from(await last.arrayBuffer()).equals(packed.blob.subarray(-3))).toBe(true);
    const beyond = await get(ticket.path, { range: `bytes=${bytes}-` });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${bytes}`]);
    const other = pack("signed").manifest.blob.sha256;
    expect((await get(`/blobs/${other}`)).status).toBe(404);
    expect((await fetch(cloud.url + ticket.path)).status).toBe(401);
    await expect(session.ask(cloudProcedures.blobTicket, { sha256: other })).rejects.toMatchObject({
      uri: wampErrorOf("blob.not-found"),
    });
  });
  it("answers a call within the request, with operation and audit on record", async () => {
    const heard: unknown[] = [];
    answer = (_verb, args) => {
      heard.push(args);
      return { result: { hello: "x" }, version: packed.version, tookMs: 1 };
    };
    const called = await call("hello", { parameters: { name: "x" } }, wait);
    expect([called.status, called.body.status], called.text).toEqual([200, "done"]);
    expect(called.body.result.result).toEqual({ hello: "x" });
    expect(heard).toEqual([{ plugin: "hello", parameters: { name: "x" }, timeoutMs: 30_000 }]);
    await expect
      .poll(async () => (await ask("GET", `/api/operations/${called.body.uuid}`)).body?.status)
      .toBe("done");
    const audit = (await ask("GET", "/api/audit?limit=20")).body.items;
    expect(audit).toContainEqual(
      expect.objectContaining({
        name: "injection.call",
        facts: { plugin: "hello", version: packed.version, operation: called.body.uuid },
      }),
    );
  });
  it("answers a call later, where nobody waits", async () => {
    answer = () => ({ result: 7, version: packed.version, tookMs: 1 });
    const called = await call("hello", {});
    expect([called.status, called.body.status]).toEqual([202, "running"]);
    const path = called.headers.get("location") ?? "";
    await expect.poll(async () => (await ask("GET", path)).body.result?.result).toBe(7);
  });
  it("refuses parameters that do not fit before anything is sent", async () => {
    let asked = false;
    answer = () => {
      asked = true;
      return {};
    };
    const called = await call("hello", { parameters: { name: 5 } }, wait);
    expect(called.code).toBe("plugin.parameters-invalid");
    expect(asked).toBe(false);
    expect((await call("absent", {}, wait)).code).toBe("plugin.not-injected");
    const started = await ask("POST", "/api/boards/b1/plugins/hello/start", {});
    expect(started.code).toBe("plugin.wrong-mode");
  });
  it("fails with its own words and its own traceback", async () => {
    const traceback = `File "hello.py", line 3\n${"x".repeat(5_000)}`;
    answer = () => {
      throw new WampError(wampErrorOf("plugin.failed"), "The plugin failed: boom.", {
        args: ["The plugin failed: boom."],
        kwargs: { because: "boom", traceback },
      });
    };
    const called = await call("hello", {}, wait);
    expect(called.body).toMatchObject({
      status: "failed",
      problem: { code: "plugin.failed", details: { because: "boom", traceback } },
    });
  });
  it("is canceled with its operation", async () => {
    let canceled = false;
    answer = () =>
      new Promise((resolve) => {
        setTimeout(() => {
          canceled = true;
          resolve({ result: 1, version: packed.version, tookMs: 1 });
        }, 400);
      });
    const { uuid } = (await call("hello", {})).body;
    const ended = await ask("POST", `/api/operations/${uuid}/cancel`, {});
    expect([ended.code, canceled]).toEqual([undefined, false]);
    expect((await ask("GET", `/api/operations/${uuid}`)).body.status).toBe("canceled");
  });
  it("is shown as its board reports it, and taken off again", async () => {
    const exit = { reason: "crashed", code: null, signal: "SIGSEGV", atMs: Date.now() };
    const status = {
      ...{ plugin: "hello", version: packed.version, state: "failed", pid: null },
      ...{ startedAtMs: null, restarts: 0, calls: 1, memoryBytes: null, cpuMs: null, exit },
    };
    const hash = (await target()).plugins?.entries[0]?.hash;
    await session.report(1, [
      { kind: "plugin", status, atMs: Date.now() },
      {
        kind: "entries",
        revision: 1,
        entries: [{ key: "plugins/hello", hash, state: "reached" }],
      },
    ]);
    const shown = (await ask("GET", "/api/boards/b1/plugins/hello")).body;
    expect(shown).toMatchObject({ state: "failed", exit, entry: { state: "reached" } });
    expect((await ask("DELETE", "/api/plugins/hello")).code).toBe("plugin.in-use");
    expect((await ask("DELETE", "/api/boards/b1/plugins/hello")).status).toBe(204);
    expect((await target()).plugins).toBeUndefined();
    const { sha256 } = packed.manifest.blob;
    await expect(session.ask(cloudProcedures.blobTicket, { sha256 })).rejects.toThrow();
    expect((await ask("DELETE", "/api/plugins/hello")).status).toBe(204);
  });
  it("met no fault of ours", () => {
    expect(cloud.complaints.filter(({ level }) => level === "error")).toEqual([]);
  });
});
