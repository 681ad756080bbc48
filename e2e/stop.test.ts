// SIGTERM to a busy cloud: it ends within five seconds, and nobody is left without an end.
import { connect, type Socket } from "node:net";
import { expect, it } from "vitest";
import { listAll, startCloud, temporaryFolder } from "./program.ts";

/** How long the cloud may take. */
const stopLimitMs = 5_000;
const writers = 12;
const idleSockets = 20;

/** A connection on which bytes were sent, and what became of it. */
const openSocket = (port: number, text: string) => {
  const socket: Socket = connect(port, "127.0.0.1", () => socket.write(text));
  socket.on("error", () => {}).resume();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return closed;
};

it("SIGTERM under load: gone within 5 s, every request acknowledged, refused or cut off, nothing acknowledged lost", async () => {
  const folder = temporaryFolder();
  const cloud = await startCloud(folder.path);
  const token = await cloud.signIn();
  const port = Number(new URL(cloud.url).port);
  const head = `host: x\r\nauthorization: Bearer ${token}\r\n`;
  const socketsClosed = [
    ...Array.from({ length: idleSockets }, () =>
      openSocket(port, `GET /api/about HTTP/1.1\r\n${head}\r\n`),
    ),
    // Half a request: its body never comes.
    openSocket(
      port,
      `POST /api/projects HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: 99\r\n\r\n{`,
    ),
    // Half of its headers.
    openSocket(port, `GET /api/about HTTP/1.1\r\nhost: x\r\n`),
    // A WebSocket that says nothing.
    openSocket(
      port,
      "GET /events HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    ),
  ];
  const acknowledged: string[] = [];
  const strange: string[] = [];
  let stopping = false;
  const writing = Array.from({ length: writers }, async (_, writer) => {
    for (let i = 0; ; i += 1) {
      try {
        const { status, body, text } = await cloud.call("POST", "/api/boards", {
          name: `stop-${writer}-${i}`,
        });
        if (status === 201) acknowledged.push(body.board.uuid);
        else if (!(stopping && body?.code === "cloud.unavailable")) strange.push(text);
      } catch (error) {
        // The connection was closed: only right when the cloud is ending.
        if (!stopping) strange.push(String(error));
        return;
      }
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  stopping = true;
  const began = performance.now();
  const { code } = await cloud.kill("SIGTERM");
  const tookMs = performance.now() - began;
  await Promise.all([...writing, ...socketsClosed]);
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(stopLimitMs);
  expect(strange).toEqual([]);
  expect(cloud.said()).not.toContain('"level":"error"');

  const next = await startCloud(folder.path);
  await next.signIn();
  const there = new Set((await listAll(next, "/api/boards")).map(({ uuid }) => uuid));
  expect(acknowledged.length).toBeGreaterThan(writers);
  expect(acknowledged.filter((uuid) => !there.has(uuid))).toEqual([]);
  await next.kill("SIGTERM");
  folder.remove();
}, 60_000);
