import { Agent, request } from "node:http";
import { connect } from "node:net";
import { MAX_BLOB_BYTES } from "@s4t/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HTTP_INACTIVITY_MS } from "../src/http/inactivity.ts";
import { tryBadRequests } from "./bad-input.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(() => cloud.close());

/** Writes bytes to the port as they are and gives back all that comes. */
const speak = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(cloud.url).port), "127.0.0.1", () => socket.write(text));
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk;
    });
    socket.on("close", () => resolve(heard));
    // A server that hangs up on what is still being sent resets the connection: what it said counts.
    socket.on("error", (error) => (heard === "" ? reject(error) : resolve(heard)));
    socket.setTimeout(3_000, () => socket.destroy());
  });

const create = (raw: string | Uint8Array, headers?: Record<string, string>) =>
  cloud.call("POST", "/api/projects", { token: cloud.admin, raw, ...(headers ? { headers } : {}) });

describe("bodies", () => {
  it.each([
    ["bad JSON", '{"name":', 400, "request.malformed"],
    ["two values", '{"name":"a"}{}', 400, "request.malformed"],
    ["a prototype's key", '{"name":"a","__proto__":{"admin":true}}', 400, "request.malformed"],
    ["the same, escaped", '{"name":"a","\\u005f_proto__":{}}', 400, "request.malformed"],
    ["a depth bomb", `${"[".repeat(100_000)}`, 400, "request.malformed"],
    ["nesting of 33", `${"[".repeat(33)}${"]".repeat(33)}`, 400, "request.malformed"],
    ["a number for a name", '{"name":7}', 422, "request.invalid"],
    ["an array for an object", "[]", 422, "request.invalid"],
    ["an unknown member", '{"name":"a","admin":true}', 422, "request.invalid"],
    ["a missing member", "{}", 422, "request.invalid"],
    ["an empty body", "", 422, "request.invalid"],
    ["controls in a name", '{"name":"a\\u0000b"}', 422, "request.invalid"],
    ["a name that is too long", JSON.stringify({ name: "x".repeat(64) }), 422, "request.invalid"],
  ])("%s is refused with a code that says so", async (_, raw, status, code) => {
    const answer = await create(raw);
    expect([answer.status, answer.code], answer.text).toEqual([status, code]);
    expect(answer.body.title).toMatch(/\w/);
  });
  it("names where the fault is", async () => {
    const answer = await create('{"name":"a","description":7}');
    expect(answer.body.details.where).toBe("body/description");
  });
  it("of 20 MB are refused without being read", async () => {
    const answer = await create(new Uint8Array(20_000_000)).catch(() => undefined);
    // The server answers and hangs up while the client still sends: either way it does not read on.
    if (answer) expect([answer.status, answer.code]).toEqual([413, "request.too-large"]);
    const said = await speak(
      `POST /api/projects HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${cloud.admin}\r\ncontent-type: application/json\r\ncontent-length: 20000000\r\n\r\n{`,
    );
    expect(said).toMatch(/^HTTP\/1.1 413 /);
    expect(said).toContain("request.too-large");
  });
  it("that are refused half-way leave their connection to the next request", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (method: string, path: string, body?: Uint8Array) =>
      new Promise<{ status: number | undefined; text: string; isReused: boolean }>(
        (resolve, reject) => {
          const sent = request(
            cloud.url + path,
            {
              ...{ method, agent },
              headers: {
                authorization: `Bearer ${cloud.admin}`,
                ...(body
                  ? { "content-type": "application/octet-stream", "content-length": body.length }
                  : {}),
              },
            },
            (response) => {
              let text = "";
              response.setEncoding("utf8").on("data", (piece) => {
                text += piece;
              });
              response.on("end", () =>
                resolve({ status: response.statusCode, text, isReused: sent.reusedSocket }),
              );
            },
          ).on("error", reject);
          sent.end(body);
        },
      );
    const tooMany = new Uint8Array(MAX_BLOB_BYTES + 4_000_000);
    const refused = await ask("PUT", `/blobs/${"0".repeat(64)}`, tooMany);
    expect(refused.text).toContain("request.too-large");
    expect(await ask("GET", "/readyz")).toMatchObject({ status: 200, isReused: true });
    agent.destroy();
  });
  it("of other media types are refused", async () => {
    const answer = await create("name=a", { "content-type": "application/x-www-form-urlencoded" });
    expect([answer.status, answer.code]).toEqual([415, "request.unsupported-media"]);
  });
  it("that are streams are for streams only", async () => {
    const answer = await create("{}", { "content-type": "application/octet-stream" });
    expect([answer.status, answer.code]).toEqual([415, "request.unsupported-media"]);
  });
});

describe("queries", () => {
  it.each([
    "limit=0",
    "limit=1001",
    "limit=ten",
    "limit=1&limit=2",
    "unknown=1",
    "after=%00",
    "after=WzFd",
    "__proto__=1",
  ])("%s is refused", async (query) => {
    const answer = await cloud.call("GET", `/api/projects?${query}`, { token: cloud.admin });
    expect([answer.status, answer.code], answer.text).toEqual([422, "request.invalid"]);
  });
});

it("names the words that are allowed", async () => {
  const { body } = await cloud.call("GET", "/api/boards?sort=colour", { token: cloud.admin });
  expect(body.details).toEqual({
    where: "query/sort",
    because: "must be one of name, -name, seen, -seen, created, -created",
  });
});

describe("tokens", () => {
  it.each([
    ["none", undefined],
    ["an empty one", ""],
    ["an unknown one", "x".repeat(43)],
    ["one of 10,000 characters", "x".repeat(10_000)],
    ["one with a quote", "'or'1'='1"],
  ])("%s: sign in first", async (_, token) => {
    const answer = await cloud.call("GET", "/api/session", { token });
    expect([answer.status, answer.code]).toEqual([401, "auth.required"]);
    expect(answer.headers.get("www-authenticate")).toContain("Bearer");
  });
  it("that have expired say so", async () => {
    const { body } = await cloud.call("POST", "/api/tokens", {
      token: cloud.admin,
      body: { name: "short", expiresInS: 60 },
    });
    await cloud.sql("update identity_tokens set expires_at = 1 where uuid = ?", body.token.uuid);
    const answer = await cloud.call("GET", "/api/session", { token: body.secret });
    expect([answer.status, answer.code]).toEqual([401, "auth.expired"]);
  });
});

describe("addresses", () => {
  it.each([
    "/api",
    "/api/nothing",
    "/v9/boards",
    "/api/boards/a/b/c",
    "/..%2f..%2fetc/passwd",
    "/%",
    "/api/boards/%zz",
  ])("%s: a problem, not a page", async (path) => {
    const answer = await cloud.call("GET", path, { token: cloud.admin });
    expect(answer.code, answer.text).toMatch(/^request\.(not-found|malformed)$/);
  });
  it("answers a wrong method with the right ones", async () => {
    const answer = await cloud.call("PUT", "/api/projects", { token: cloud.admin, body: {} });
    expect([answer.status, answer.code]).toEqual([405, "request.method-not-allowed"]);
    expect(answer.headers.get("allow")).toMatch(/GET/);
  });
  it("keeps files outside of the portal outside", async () => {
    for (const path of [
      "/app/../../package.json",
      "/app/..%2f..%2fpackage.json",
      "/app/%2e%2e/package.json",
    ])
      expect(
        await speak(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`),
      ).not.toContain('"workspaces"');
  });
});

describe("the wire", () => {
  it.each([
    ["no HTTP at all", "hello\r\n\r\n"],
    [
      "two lengths",
      "POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
    ],
    [
      "a length and chunks",
      "POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["20 kB of headers", `GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`],
  ])("%s is refused", async (_, text) => {
    expect(await speak(text)).toMatch(/^HTTP\/1.1 (400|431) /);
  });
  it("may not stand still for longer than the limit", () => {
    expect(cloud.cloud.http.fastify.server.timeout).toBe(HTTP_INACTIVITY_MS);
  });
  it("knows two upgrades only", async () => {
    const answer = await speak(
      "GET /api/boards HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
  });
  it.each([
    [
      "its upgrade was refused",
      "GET /x HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    ],
    ["it was told that this is no HTTP", "hello\r\n\r\n"],
  ])("does not keep a client that stays after %s", async (_, text) => {
    const port = Number(new URL(cloud.url).port);
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const cut = new Promise((resolve) => client.once("error", resolve));
    client.resume();
    client.write(text);
    await new Promise((resolve) => client.once("end", resolve));
    const more = setInterval(() => client.write("I am still here."), 50);
    expect(await cut).toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
    clearInterval(more);
  });
});

describe("requests made from the schemas", () => {
  it("are answered or refused with a code, never by a fault of ours", async () => {
    await tryBadRequests(cloud, 15);
    expect(cloud.complaints.filter(({ level }) => level === "error")).toEqual([]);
  }, 60_000);
});

it("a backlog from somebody who is no board is refused before it is read", async () => {
  const send = (authorization?: string) =>
    cloud.call("POST", "/link/backlog", {
      raw: "{",
      headers: authorization === undefined ? {} : { authorization },
    });
  expect(await send()).toMatchObject({ status: 401, code: "auth.required" });
  expect(await send("Bearer guessed")).toMatchObject({ status: 401, code: "link.revoked" });
});
