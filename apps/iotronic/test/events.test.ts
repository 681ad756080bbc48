import type { ServerFrame } from "@s4t/contract";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { EVENT_RECHECK_MS } from "../src/http/events.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";

const password = "correct horse battery staple";
let cloud: TestCloud;
let count = 0;
const open: WebSocket[] = [];
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(() => cloud.close());
afterEach(() => {
  for (const socket of open.splice(0)) socket.terminate();
});

// biome-ignore lint/suspicious/noExplicitAny: tests look into frames of every form
type AnyFrame = any;

/** A socket whose frames are taken one by one. */
const connect = (headers: Record<string, string> = {}) => {
  const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/events`, { headers });
  open.push(socket);
  const frames: ServerFrame[] = [];
  const waiting: (() => void)[] = [];
  socket.on("message", (data) => {
    frames.push(JSON.parse(String(data)));
    waiting.shift()?.();
  });
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  const opened = new Promise<void>((resolve, reject) => {
    socket.on("open", () => resolve());
    socket.on("error", reject);
  });
  return {
    socket,
    closed,
    send: async (frame: unknown) => {
      await opened;
      socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    },
    next: async (): Promise<AnyFrame> => {
      if (frames.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return frames.shift();
    },
    /** Whether nothing comes for a while. */
    isQuiet: async (ms: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return frames.length === 0;
    },
  };
};

const welcomed = async (token: string) => {
  const reader = connect();
  await reader.send({ type: "auth", token });
  expect(await reader.next()).toMatchObject({ type: "welcome" });
  return reader;
};

const aMember = async (role: string) => {
  count += 1;
  const admin = async (method: string, path: string, body?: unknown) =>
    (await cloud.call(method, path, { token: cloud.admin, body })).body;
  const user = await admin("POST", "/api/users", { name: `watcher-${count}`, password });
  const project = await admin("POST", "/api/projects", { name: `watched-${count}` });
  await admin("PUT", `/api/projects/${project.uuid}/members/${user.uuid}`, { role });
  return { user, project: project.uuid, token: await cloud.signIn(user.name, password) };
};
const aBoard = async (project: string, name: string) =>
  (await cloud.call("POST", "/api/boards", { token: cloud.admin, project, body: { name } })).body
    .board;

describe("who may listen", () => {
  it.each([
    ["no token", { type: "auth" }],
    ["a wrong token", { type: "auth", token: "x".repeat(43) }],
    ["no sign-in", { type: "subscribe", id: 1, topic: "boards" }],
    ["no JSON", "hello"],
    ["a prototype's key", '{"type":"auth","__proto__":{}}'],
    ["an unknown frame", { type: "shutdown" }],
  ])("nobody with %s", async (_, frame) => {
    const reader = connect();
    await reader.send(frame);
    expect(await reader.next()).toMatchObject({ type: "error", id: null });
    expect(await reader.closed).toBe(4401);
  });
  it("nobody who sends bytes", async () => {
    const reader = connect();
    reader.socket.on("open", () => reader.socket.send(Buffer.from([1, 2, 3])));
    expect(await reader.closed).toBe(1003);
  });
  it("a page of ours, with its cookie and a ticket that is good once", async () => {
    const { headers } = await cloud.call("POST", "/api/session", {
      body: { method: "password", name: "admin", password: cloud.password },
    });
    const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
    const ask = { cookie, origin: cloud.url };
    const { ticket } = (await cloud.call("POST", "/api/events/ticket", { headers: ask, body: {} }))
      .body;
    const foreign = connect({ cookie, origin: "http://evil.example" });
    await foreign.send({ type: "auth", ticket });
    expect(await foreign.next()).toMatchObject({ type: "error", code: "auth.origin" });
    const page = connect(ask);
    await page.send({ type: "auth", ticket });
    expect(await page.next()).toMatchObject({ type: "welcome" });
    const again = connect(ask);
    await again.send({ type: "auth", ticket });
    expect(await again.next()).toMatchObject({ type: "error", code: "auth.required" });
    const none = connect(ask);
    await none.send({ type: "auth" });
    expect(await none.next()).toMatchObject({ type: "error", code: "auth.required" });
  });
  it("once a socket: a second sign-in is refused and the first stays", async () => {
    const reader = await welcomed(cloud.admin);
    await reader.send({ type: "auth", token: cloud.admin });
    expect(await reader.next()).toMatchObject({ type: "error", code: "request.invalid" });
    await reader.send({ type: "subscribe", id: 1, topic: "boards" });
    expect(await reader.next()).toMatchObject({ type: "snapshot", id: 1 });
  });
});

describe("what is heard", () => {
  it("is what changes in one's own project, and nothing of another", async () => {
    const [mine, other] = [await aMember("auditor"), await aMember("auditor")];
    const reader = await welcomed(mine.token);
    await reader.send({ type: "subscribe", id: 7, topic: "boards" });
    expect(await reader.next()).toMatchObject({ type: "snapshot", id: 7 });
    await aBoard(other.project, "foreign lamp");
    await aBoard(mine.project, "lamp");
    const heard = await reader.next();
    expect(heard).toMatchObject({ type: "change", id: 7, data: { changed: [{ name: "lamp" }] } });
    expect(heard.data.changed).toHaveLength(1);
    expect(await reader.isQuiet(600)).toBe(true);
  });
  it("is refused where it is foreign, unknown, or no topic", async () => {
    const [mine, other] = [await aMember("manager"), await aMember("manager")];
    const board = await aBoard(other.project, "foreign lamp");
    const reader = await welcomed(mine.token);
    const codeFor = async (topic: string, project?: string) => {
      await reader.send({ type: "subscribe", id: 1, topic, ...(project ? { project } : {}) });
      const frame = await reader.next();
      expect(frame).toMatchObject({ type: "error", id: 1 });
      return frame.code;
    };
    expect(await codeFor(`board:${board.uuid}`)).toBe("board.not-found");
    expect(await codeFor("board:00000000-0000-7000-8000-000000000000")).toBe("board.not-found");
    expect(await codeFor(`series:${board.uuid}`)).toBe("board.not-found");
    expect(await codeFor("boards", other.project)).toBe("project.not-found");
    expect(await codeFor("weather")).toBe("request.not-found");
    expect(await codeFor("__proto__")).toBe("request.not-found");
  });
  it("goes on from a cursor without a gap", async () => {
    const { token, project } = await aMember("auditor");
    const first = await welcomed(token);
    await first.send({ type: "subscribe", id: 1, topic: "boards" });
    const { cursor } = await first.next();
    first.socket.terminate();
    await aBoard(project, "missed");
    const second = await welcomed(token);
    await second.send({ type: "subscribe", id: 1, topic: "boards", since: cursor });
    expect(await second.next()).toMatchObject({
      type: "change",
      data: { changed: [{ name: "missed" }] },
    });
  });
  it("starts anew from a cursor that this cloud never gave, or gave too long ago", async () => {
    const { token } = await aMember("auditor");
    const kindFrom = async (since: string) => {
      const reader = await welcomed(token);
      await reader.send({ type: "subscribe", id: 1, topic: "boards", since });
      return (await reader.next()).type;
    };
    expect(await kindFrom(String(Number.MAX_SAFE_INTEGER))).toBe("snapshot");
    expect(await kindFrom("0")).toBe("change");
    await cloud.sql("DELETE FROM changes WHERE seq < 3");
    expect(await kindFrom("0")).toBe("snapshot");
    expect(await kindFrom("2")).toBe("change");
  });
  it("comes together, however much changes at once", async () => {
    const { token, project } = await aMember("auditor");
    const board = await aBoard(project, "lamp");
    const reader = await welcomed(token);
    await reader.send({ type: "subscribe", id: 1, topic: "boards" });
    await reader.next();
    for (let i = 0; i < 20; i += 1)
      await cloud.call("PATCH", `/api/boards/${board.uuid}`, {
        token: cloud.admin,
        project,
        body: { description: `change ${i}` },
      });
    await reader.isQuiet(400);
    let frames = 0;
    for (let last = ""; last !== "change 19"; frames += 1)
      last = (await reader.next()).data.changed[0].description;
    expect(frames).toBeLessThanOrEqual(5);
  });
  it("ends with unsubscribing", async () => {
    const { token, project } = await aMember("auditor");
    const reader = await welcomed(token);
    await reader.send({ type: "subscribe", id: 1, topic: "boards" });
    await reader.next();
    await reader.send({ type: "unsubscribe", id: 1 });
    await aBoard(project, "lamp");
    expect(await reader.isQuiet(500)).toBe(true);
  });
});

describe("rights that end", () => {
  it("end what is heard, from the next event on", async () => {
    const { token, project, user } = await aMember("auditor");
    const reader = await welcomed(token);
    await reader.send({ type: "subscribe", id: 1, topic: "boards" });
    await reader.next();
    await cloud.call("DELETE", `/api/projects/${project}/members/${user.uuid}`, {
      token: cloud.admin,
    });
    await aBoard(project, "secret lamp");
    const frame = await reader.next();
    expect(frame).toMatchObject({ type: "error", id: 1 });
    expect(await reader.isQuiet(400)).toBe(true);
  });
  it(
    "end the socket of a token that was revoked, also when nothing happens",
    async () => {
      const { token } = await aMember("auditor");
      const reader = await welcomed(token);
      await cloud.call("DELETE", "/api/session", { token });
      expect(await reader.closed).toBe(4401);
    },
    EVENT_RECHECK_MS + 5_000,
  );
});

describe("bounds", () => {
  it("has room for so many topics and no more", async () => {
    const reader = await welcomed(cloud.admin);
    for (let id = 0; id <= 200; id += 1)
      await reader.send({ type: "subscribe", id, topic: "boards" });
    for (let id = 0; id < 200; id += 1)
      expect(await reader.next()).toMatchObject({ type: "snapshot", id });
    expect(await reader.next()).toMatchObject({
      type: "error",
      id: 200,
      code: "request.rate-limited",
    });
  });
  it("cuts off who sends frames faster than they are answered, or too large", async () => {
    const flood = await welcomed(cloud.admin);
    for (let id = 0; id < 5_000; id += 1)
      flood.socket.send('{"type":"subscribe","id":1,"topic":"boards"}');
    expect(await flood.closed).toBe(1008);
    const large = await welcomed(cloud.admin);
    await large.send({ type: "auth", token: "x".repeat(10_000) });
    expect(await large.closed).toBe(1009);
  });
});
