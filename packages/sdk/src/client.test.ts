import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, fail, paginate, type TokenSource } from "@s4t/sdk";
import { afterEach, expect, it } from "vitest";

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
type Handler = (seen: Seen) => {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const serve = async (handler: Handler): Promise<{ url: string; seen: Seen[] }> => {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += String(piece);
    const one = { method: request.method, url: request.url, headers: request.headers, body };
    seen.push(one);
    const { status = 200, json, text } = handler(one);
    const type = text === undefined ? "application/json" : "text/html";
    response.writeHead(status, { "content-type": type });
    response.end(text ?? (status === 204 ? undefined : JSON.stringify(json)));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
};

const problem = (code: string, status: number, details?: object) => ({
  status,
  json: { type: `urn:s4t:error:${code}`, title: "No.", status, code, retryable: false, details },
});

it("sends what the endpoint has: path, query, project, token", async () => {
  const { url, seen } = await serve(() => ({ json: { items: [], next: null } }));
  const client = createClient({ url, auth: "secret", project: "messina" });
  await client.boards.list({ query: { status: "online", limit: 2, text: undefined } });
  expect(seen[0]).toMatchObject({ method: "GET", url: "/api/boards?status=online&limit=2" });
  expect(seen[0]?.headers).toMatchObject({
    authorization: "Bearer secret",
    "s4t-project": "messina",
  });
  expect(seen[0]?.headers["content-type"]).toBeUndefined();
});

it("sends a body, a revision, a key and a wish to wait as the contract says", async () => {
  const { url, seen } = await serve(() => ({ json: {} }));
  const client = createClient({ url });
  await client.boards.update({ params: { uuid: "a" }, body: { name: "b" }, ifMatch: 7 });
  await client.boards.restart({ params: { uuid: "a" }, wait: 5, idempotencyKey: "k" });
  expect(seen[0]).toMatchObject({ method: "PATCH", body: '{"name":"b"}' });
  expect(seen[0]?.headers["if-match"]).toBe('"7"');
  expect(seen[1]).toMatchObject({ method: "POST", body: "{}" });
  expect(seen[1]?.headers).toMatchObject({ prefer: "wait=5", "idempotency-key": "k" });
});

it("never lets a name leave its place in the path", async () => {
  const { url, seen } = await serve(() => ({ json: {} }));
  const client = createClient({ url });
  await client.boards.show({ params: { uuid: "../users/è?x#y" } });
  expect(seen[0]?.url).toBe("/api/boards/..%2Fusers%2F%C3%A8%3Fx%23y");
  for (const uuid of ["", ".", ".."])
    await expect(client.boards.show({ params: { uuid } })).rejects.toMatchObject({
      code: "request.invalid",
    });
  expect(seen).toHaveLength(1);
});

it("turns a problem into an error with its code, sentence and details, known or not", async () => {
  const { url } = await serve(({ url: path }) =>
    path?.endsWith("known")
      ? problem("board.not-found", 404)
      : problem("moon.too-far", 418, { km: 384_400 }),
  );
  const client = createClient({ url });
  await expect(client.boards.show({ params: { uuid: "known" } })).rejects.toMatchObject({
    name: "S4tError",
    code: "board.not-found",
    message: "No.",
  });
  await expect(client.boards.show({ params: { uuid: "new" } })).rejects.toMatchObject({
    code: "moon.too-far",
    details: { km: 384_400 },
  });
});

it("says that no cloud answers: nothing there, or something else", async () => {
  const { url } = await serve(() => ({ status: 502, text: "<h1>Bad gateway</h1>" }));
  await expect(createClient({ url }).cloud.about()).rejects.toMatchObject({
    code: "cloud.unreachable",
    message: expect.stringContaining("HTTP 502"),
  });
  await expect(createClient({ url: "http://127.0.0.1:1" }).cloud.about()).rejects.toMatchObject({
    code: "cloud.unreachable",
    details: { url: "http://127.0.0.1:1" },
  });
});

it("ends with the reason of the caller's signal", async () => {
  const { url } = await serve(() => ({ json: {} }));
  const gone = AbortSignal.abort();
  await expect(createClient({ url }).cloud.about({ signal: gone })).rejects.toMatchObject({
    code: "request.canceled",
  });
  const late = AbortSignal.abort(fail("deadline.exceeded", { timeoutMs: 5 }));
  await expect(createClient({ url }).cloud.about({ signal: late })).rejects.toMatchObject({
    code: "deadline.exceeded",
  });
});

it("ends every request of a client with the client's signal", async () => {
  const { url } = await serve(() => ({ json: {} }));
  const controller = new AbortController();
  const client = createClient({ url, signal: controller.signal });
  await client.cloud.about();
  controller.abort();
  for (const signal of [undefined, new AbortController().signal])
    await expect(client.cloud.about({ signal })).rejects.toMatchObject({
      code: "request.canceled",
    });
});

it("renews an ended token once, and not for ever", async () => {
  const { url, seen } = await serve(({ headers }) =>
    headers.authorization === "Bearer new" ? { json: { items: [] } } : problem("auth.expired", 401),
  );
  const source = (renewed: string): TokenSource => ({
    token: () => "old",
    renew: async () => renewed,
  });
  await createClient({ url, auth: source("new") }).cloud.config();
  expect(seen).toHaveLength(2);
  await expect(createClient({ url, auth: source("old") }).cloud.config()).rejects.toMatchObject({
    code: "auth.expired",
  });
  expect(seen).toHaveLength(4);
});

it("walks through all pages, asking for the next only when it is wanted", async () => {
  const pages: Record<string, unknown> = {
    "/api/tokens?limit=2": { items: [1, 2], next: "a/b" },
    "/api/tokens?limit=2&after=a%2Fb": { items: [3, 4], next: "c" },
    "/api/tokens?limit=2&after=c": { items: [5], next: null },
  };
  const { url, seen } = await serve((one) => ({ json: pages[one.url ?? ""] }));
  const rows = paginate(createClient({ url }).tokens.list, { query: { limit: 2 } });
  const got: unknown[] = [];
  for await (const row of rows) {
    got.push(row);
    if (got.length === 2) expect(seen).toHaveLength(1);
  }
  expect(got).toEqual([1, 2, 3, 4, 5]);
});

it("takes only what an endpoint has (held by the compiler)", () => {
  const client = createClient({ url: "http://127.0.0.1:1" });
  const never = () => [
    // @ts-expect-error a list of boards has no such filter
    client.boards.list({ query: { colour: "red" } }),
    // @ts-expect-error a board has to be named
    client.boards.show(),
    // @ts-expect-error reading changes nothing, so it has no revision
    client.boards.show({ params: { uuid: "a" }, ifMatch: 3 }),
    // @ts-expect-error what is about the caller has no project
    client.tokens.list({ project: "messina" }),
  ];
  expect(never).toBeTypeOf("function");
});
