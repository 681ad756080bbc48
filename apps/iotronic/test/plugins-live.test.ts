// What of plugins is watched: states as they change, lines as they are written, and what a board is asked for meanwhile.
import type { ServerFrame } from "@s4t/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type BoardSession, type EnrolledBoard, enrolBoard, joinAs, offer } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { create, pack } from "./plugin.ts";

let cloud: TestCloud;
let board: EnrolledBoard;
let session: BoardSession;
const asked: unknown[] = [];
const packed = pack("talker");

const ask = (method: string, path: string, body?: unknown) =>
  cloud.call(method, path, { token: cloud.admin, ...(body ? { body } : {}) });

beforeAll(async () => {
  cloud = await openTestCloud();
  board = await enrolBoard(cloud, "b1");
  session = await joinAs(cloud, board, { features: ["board", "plugins"] });
  await offer(session, board, async ({ procedure, args }) => {
    if (procedure.endsWith("plugins.follow")) asked.push(args[0]);
    return { args: [{}] };
  });
  expect((await create(cloud, packed)).status).toBe(201);
}, 60_000);
afterAll(async () => {
  await session.session.close();
  await cloud.close();
});

/** Listens to a topic; answers the data of its frames, as they come, and how to end it. */
const watch = async (topic: string) => {
  const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/events`);
  // biome-ignore lint/suspicious/noExplicitAny: looked into by the test
  const heard: any[] = [];
  const send = (frame: unknown) => socket.send(JSON.stringify(frame));
  socket.on("open", () => send({ type: "auth", token: cloud.admin }));
  socket.on("message", (data) => {
    const frame = JSON.parse(String(data)) as ServerFrame;
    if (frame.type === "welcome") send({ type: "subscribe", id: 1, topic });
    if (frame.type === "snapshot" || frame.type === "change") heard.push(frame.data);
  });
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  return { heard, close: () => socket.close() };
};

it("tells of a plugin that comes, changes and goes", async () => {
  const { heard, close } = await watch(`plugins:${board.uuid}`);
  expect(heard).toEqual([{ changed: [], removed: [] }]);
  const path = "/api/boards/b1/plugins/talker";
  expect((await ask("PUT", path, {})).status).toBe(200);
  await expect.poll(() => heard.at(-1).changed[0]?.version).toBe(packed.version);
  const uuid = heard.at(-1).changed[0].plugin.uuid;
  const status = {
    ...{ plugin: "talker", version: packed.version, state: "ready", pid: null, restarts: 0 },
    ...{ startedAtMs: null, calls: 0, memoryBytes: null, cpuMs: null, exit: null },
  };
  await session.report(1, [{ kind: "plugin", status, atMs: Date.now() }]);
  await expect.poll(() => heard.at(-1).changed[0]?.state).toBe("ready");
  await ask("DELETE", path);
  await expect.poll(() => heard.at(-1).removed).toEqual([uuid]);
  await ask("PUT", path, {});
  close();
});

it("asks a board for lines as long as somebody reads them, and passes them on", async () => {
  const first = await watch(`lines:${board.uuid}/talker`);
  const second = await watch(`lines:${board.uuid}/talker`);
  await expect.poll(() => asked).toEqual([{ plugin: "talker", leaseS: 60 }]);
  const line = { seq: 0, atMs: 5, level: "out", text: "hello" };
  await session.report(2, [{ kind: "lines", plugin: "talker", lines: [line], dropped: 3 }]);
  for (const { heard } of [first, second])
    await expect.poll(() => heard.at(-1)).toEqual({ lines: [line], dropped: 3 });
  first.close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked.length).toBe(1);
  second.close();
  await expect.poll(() => asked.at(-1)).toEqual({ plugin: "talker", leaseS: 0 });
});
