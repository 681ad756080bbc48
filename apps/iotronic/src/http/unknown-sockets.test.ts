import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLog } from "@s4t/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createManualClock, type ManualClock } from "../../../../packages/kit/test/clock.ts";
import { systemActor } from "../policy/index.ts";
import { createEvents, type Events } from "./events.ts";
import { EVENT_AUTH_MS, MAX_UNKNOWN_SOCKETS } from "./unknown-sockets.ts";

let clock: ManualClock;
let events: Events;
let server: Server;
let open: Set<unknown>;
let clients: WebSocket[];

beforeEach(async () => {
  clock = createManualClock();
  const held = new Set<unknown>();
  open = held;
  clients = [];
  events = createEvents({
    clock,
    log: silentLog,
    findActor: (token) => (token === "good" ? systemActor : undefined),
    cookieName: "session",
    onDelegated: async () => {},
    resolveProject: async () => undefined,
    lastSeq: () => 0,
    sources: [],
  });
  server = createServer().on("upgrade", events.upgrade);
  server.on("connection", (socket) => {
    held.add(socket);
    socket.once("close", () => held.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  for (const client of clients) client.terminate();
  events.close();
  server.close();
});

const connect = async () => {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/events`);
  clients.push(socket);
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return { socket, closed };
};
const signIn = async (socket: WebSocket): Promise<void> => {
  const welcome = new Promise((resolve) => socket.once("message", resolve));
  socket.send('{"type":"auth","token":"good"}');
  expect(String(await welcome)).toContain('"welcome"');
};

it("cuts off who has not said in time who it is, and nobody else", async () => {
  const silent = await connect();
  const known = await connect();
  await signIn(known.socket);
  clock.advance(EVENT_AUTH_MS - 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(silent.socket.readyState).toBe(WebSocket.OPEN);
  clock.advance(1);
  expect(await silent.closed).toBe(4408);
  expect(known.socket.readyState).toBe(WebSocket.OPEN);
  expect(events.counts().sockets).toBe(1);
});

it("holds so many sockets that are not signed in and no more: the oldest gives way", async () => {
  const known = await connect();
  await signIn(known.socket);
  const oldest = await connect();
  for (let i = 1; i < MAX_UNKNOWN_SOCKETS; i += 1) await connect();
  expect(open.size).toBe(1 + MAX_UNKNOWN_SOCKETS);
  const newest = await connect();
  expect(await oldest.closed).toBe(1013);
  await expect.poll(() => open.size).toBe(1 + MAX_UNKNOWN_SOCKETS);
  await signIn(newest.socket);
  expect(known.socket.readyState).toBe(WebSocket.OPEN);
}, 20_000);

it("counts a client that does not answer its close until its connection is gone", async () => {
  const deaf = await connect();
  deaf.socket.pause();
  for (let i = 1; i < MAX_UNKNOWN_SOCKETS; i += 1) await connect();
  clock.advance(EVENT_AUTH_MS);
  await expect.poll(() => open.size).toBe(1);
  for (let i = 0; i < MAX_UNKNOWN_SOCKETS; i += 1) await connect();
  await expect.poll(() => open.size).toBe(MAX_UNKNOWN_SOCKETS);
}, 20_000);
