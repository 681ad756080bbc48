import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cutInactive } from "./inactivity.ts";

const limitMs = 300;
const large = Buffer.alloc(40_000_000, "x");
const request = (path: string, headers = "") => `GET ${path} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let server: Server;
let held: Set<Socket>;
let clients: Socket[];
beforeEach(async () => {
  held = new Set();
  clients = [];
  server = createServer((asked, response) => {
    asked.resume();
    if (asked.url === "/large") response.end(large);
    else if (asked.url === "/slow") setTimeout(() => response.end("at last"), 4 * limitMs);
    else if (asked.url === "/small") response.end("x".repeat(10_000));
    else asked.once("end", () => response.end("whole"));
  });
  cutInactive(server, limitMs);
  server.on("upgrade", (_asked, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    socket.on("data", (bytes: Buffer) => socket.write(bytes));
  });
  server.on("connection", (socket: Socket) => {
    held.add(socket);
    socket.once("close", () => held.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => {
  for (const client of clients) client.destroy();
  server.closeAllConnections();
  server.close();
});

const dial = (): Socket => {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {}); // a reset is one way to be cut off
  clients.push(socket);
  return socket;
};
const heard = (socket: Socket) => {
  let text = "";
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  return () => text;
};
const isCut = () => expect.poll(() => held.size, { timeout: 5_000 }).toBe(0);

it.each([
  ["asks for much", request("/large")],
  ["sends request after request", request("/small").repeat(5_000)],
])("cuts off a client that %s and never reads", async (_, text) => {
  const client = dial();
  client.pause();
  client.write(text);
  await expect.poll(() => held.size).toBe(1);
  await isCut();
});

it("cuts off a client that stops in the middle of its body", async () => {
  dial().write(request("/body", "content-length: 9\r\n").concat("half"));
  await expect.poll(() => held.size).toBe(1);
  await isCut();
});

it("cuts off a client that says nothing", async () => {
  dial();
  await expect.poll(() => held.size).toBe(1);
  await isCut();
});

it("waits as long as it works at a request itself", async () => {
  const client = dial();
  const text = heard(client);
  client.write(request("/slow"));
  await expect.poll(text, { timeout: 5_000 }).toContain("at last");
});

it("lets a slow reader have everything while it does read", async () => {
  const client = dial();
  let bytes = 0;
  client.on("data", (piece: Buffer) => {
    bytes += piece.length;
    client.pause();
  });
  const began = performance.now();
  client.write(request("/large", "connection: close\r\n"));
  let ended = false;
  client.once("close", () => {
    ended = true;
  });
  while (!ended) {
    // In turns of a third of the limit: a few megabytes, then nothing.
    const until = bytes + 4_000_000;
    while (bytes < until && !ended) {
      client.resume();
      await new Promise(setImmediate);
    }
    await pause(limitMs / 3);
  }
  expect(bytes).toBeGreaterThan(large.length);
  expect(performance.now() - began).toBeGreaterThan(3 * limitMs);
});

it("leaves a connection alone that was upgraded", async () => {
  const client = dial();
  const text = heard(client);
  client.write(request("/", "connection: upgrade\r\nupgrade: x\r\n"));
  await expect.poll(text).toContain("101");
  await pause(3 * limitMs);
  client.write("still here");
  await expect.poll(text).toContain("still here");
});
