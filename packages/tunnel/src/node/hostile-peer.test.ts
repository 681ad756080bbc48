// Peers that keep to the letter of the protocol and cost what they can.
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { systemClock } from "@s4t/kit";
import { HANG_UP_MS } from "@s4t/kit/node";
import { afterEach, expect, it } from "vitest";
import { TICKET_PREFIX, TUNNEL_SUBPROTOCOL } from "../frames.ts";
import { HIGH_WATER_BYTES } from "../transport.ts";
import { acceptTunnel, refuseUpgrade, ticketOf } from "./accept.ts";

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

/** A client that asks with this ticket and never leaves by itself, what it reads, and its socket at the server. */
const askWith = async (ticket: string) => {
  const server = createServer();
  server.on("upgrade", (request, socket, head) => {
    if (ticketOf(request) === "good")
      acceptTunnel(request, socket, head, {
        clock: systemClock,
        onOpen: (incoming) => incoming.refuse("no", "No."),
      });
    else refuseUpgrade(socket, 401);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const arrived = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => {});
  const lines = [
    "GET / HTTP/1.1",
    "Host: a",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}`,
    `Sec-WebSocket-Protocol: ${TUNNEL_SUBPROTOCOL}, ${TICKET_PREFIX}${ticket}`,
  ];
  client.write(`${lines.join("\r\n")}\r\n\r\n`);
  const socket = await arrived;
  cleanups.push(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  const answer = String(await new Promise((resolve) => client.once("data", resolve)));
  return { client, socket, answer };
};

it("pings without end from a peer that never reads fill no memory", async () => {
  const { client, socket, answer } = await askWith("good");
  expect(answer).toContain("101 Switching Protocols");
  client.pause();
  const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
  const block = Buffer.concat(Array.from({ length: 2_000 }, () => ping));
  let mostBytes = 0;
  // Far more than the kernel holds between two sockets: 32 MiB of answers.
  for (let i = 0; i < 128; i += 1) {
    await new Promise((resolve) => client.write(block, resolve));
    mostBytes = Math.max(mostBytes, socket.writableLength);
  }
  await expect.poll(() => socket.bytesRead).toBeGreaterThan(128 * block.length);
  expect(Math.max(mostBytes, socket.writableLength)).toBeLessThan(2 * HIGH_WATER_BYTES);
  expect(mostBytes).toBeGreaterThanOrEqual(HIGH_WATER_BYTES);
});

it("a client that is refused and never leaves is let go of", async () => {
  const { socket, answer } = await askWith("bad");
  expect(answer).toContain("401 Unauthorized");
  await expect.poll(() => socket.destroyed, { timeout: 2 * HANG_UP_MS }).toBe(true);
});
