// Peers that keep to the letter of the protocol and cost what they can.
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { systemClock } from "@s4t/kit";
import { HANG_UP_MS } from "@s4t/kit/node";
import { acceptUpgrade, encodeFrame, opcodes, upgradeSocket } from "@s4t/kit/node/websocket";
import { afterEach, describe, expect, it } from "vitest";
import { jsonCodec } from "../codec/json.ts";
import type { Transport } from "../transport.ts";
import { PONG_MARK_BYTES } from "./accepted-transport.ts";
import { connectWebSocket } from "./websocket-client.ts";
import { FrameReader } from "./websocket-frames.ts";
import { acceptWebSockets } from "./websocket-server.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface World {
  readonly port: number;
  /** At the server. */
  readonly sockets: Socket[];
}

/** A door; `onTransport` gets who came and its socket. */
const aDoor = async (
  onTransport: (transport: Transport, socket: Socket) => void,
): Promise<World> => {
  const sockets: Socket[] = [];
  const door = acceptWebSockets(
    {
      subprotocols: [jsonCodec.subprotocol],
      onTransport: (transport, { request }) => onTransport(transport, request.socket),
    },
    { clock: systemClock },
  );
  const server = createServer().on("upgrade", door.handleUpgrade);
  server.on("connection", (socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    door.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
};

const dial = (port: number): Socket => {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  cleanups.push(() => socket.destroy());
  return socket;
};

/** Upgraded, and not reading. */
const upgraded = async (port: number): Promise<Socket> => {
  const socket = dial(port);
  await upgradeSocket(socket, new URL(`ws://127.0.0.1:${port}/`), jsonCodec.subprotocol, {});
  return socket;
};

const ping = (text: string) => encodeFrame(opcodes.ping, Buffer.from(text), Buffer.alloc(4));

describe("pings", () => {
  it("without end from a peer that never reads fill no memory; when it reads, the latest is answered", async () => {
    let transport: Transport | undefined;
    const { port, sockets } = await aDoor((accepted) => {
      transport = accepted;
      accepted.listen({ onMessage() {}, onClose() {} });
    });
    const peer = await upgraded(port);
    const block = Buffer.concat(Array.from({ length: 2_000 }, () => ping("x".repeat(125))));
    let mostBytes = 0;
    // Far more than the kernel holds between two sockets: 32 MiB of answers.
    for (let i = 0; i < 128; i += 1) {
      await new Promise((resolve) => peer.write(block, resolve));
      mostBytes = Math.max(mostBytes, transport?.bufferedAmount ?? 0);
    }
    peer.write(ping("the last"));
    await expect.poll(() => sockets[0]?.bytesRead).toBeGreaterThan(128 * block.length);
    mostBytes = Math.max(mostBytes, transport?.bufferedAmount ?? 0);
    expect(mostBytes).toBeLessThan(2 * PONG_MARK_BYTES);
    expect(mostBytes).toBeGreaterThanOrEqual(PONG_MARK_BYTES);
    let tail = "";
    peer.on("data", (chunk: Buffer) => {
      tail = (tail + chunk.toString("latin1")).slice(-20);
    });
    peer.resume();
    await expect.poll(() => tail).toContain("the last");
  });

  it("without end from a server that never reads fill no memory of a client", async () => {
    const server = createServer();
    const accepted = new Promise<Socket>((resolve) => {
      server.on("upgrade", (request, socket) => {
        acceptUpgrade(request, socket, jsonCodec.subprotocol);
        resolve(request.socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const maxBufferedBytes = 16 * 1024;
    const client = await connectWebSocket(
      { url: `ws://127.0.0.1:${port}/`, subprotocol: jsonCodec.subprotocol, maxBufferedBytes },
      { clock: systemClock },
    );
    let mostBytes = 0;
    let marks = 0;
    client.listen({
      // In the turn in which the pings before it were answered: what the kernel takes of it comes later.
      onMessage() {
        marks += 1;
        mostBytes = Math.max(mostBytes, client.bufferedAmount);
      },
      onClose() {},
    });
    const hostile = await accepted;
    cleanups.push(() => hostile.destroy());
    hostile.on("error", () => {});
    hostile.pause();
    const one = encodeFrame(opcodes.ping, Buffer.alloc(125));
    const mark = encodeFrame(opcodes.text, Buffer.from("mark"));
    const block = Buffer.concat([...Array.from({ length: 400 }, () => one), mark]);
    for (let i = 0; i < 128; i += 1) await new Promise((resolve) => hostile.write(block, resolve));
    await expect.poll(() => marks).toBe(128);
    expect(mostBytes).toBeGreaterThan(maxBufferedBytes);
    expect(mostBytes).toBeLessThan(2 * maxBufferedBytes);
  });
});

describe("frames that break the protocol", () => {
  const masked = (first: number, payload: Buffer): Buffer => {
    const frame = encodeFrame(opcodes.text, payload, Buffer.from([1, 2, 3, 4]));
    frame[0] = first;
    return frame;
  };
  const bare = encodeFrame(opcodes.text, Buffer.from("[1]"));
  it.each<[string, Buffer, number]>([
    ["text that is not UTF-8", masked(0x81, Buffer.from([0xc3, 0x28])), 1007],
    ["text that ends within a character", masked(0x81, Buffer.from([0xf0, 0x9f])), 1007],
    ["no mask", bare, 1002],
    ["a reserved bit", masked(0xc1, Buffer.from("x")), 1002],
    ["a reserved opcode", masked(0x83, Buffer.from("x")), 1002],
    ["a continuation of nothing", masked(0x80, Buffer.from("x")), 1002],
    ["a fragmented ping", masked(0x09, Buffer.from("x")), 1002],
    ["a close code that is none", masked(0x88, Buffer.from([3, 0xed])), 1002],
    ["a length beyond the limit", Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0]), 1009],
  ])("%s: the peer is told by its close code, and let go of", async (_what, bytes, code) => {
    const ends: unknown[] = [];
    const heard: unknown[] = [];
    const { port, sockets } = await aDoor((transport) => {
      const onMessage = (data: unknown) => heard.push(data);
      transport.listen({ onMessage, onClose: (end) => ends.push(end) });
    });
    const peer = await upgraded(port);
    const told: number[] = [];
    const reader = new FrameReader(
      { masked: false, maxMessageBytes: 1_000 },
      {
        onMessage() {},
        onPing() {},
        onPong() {},
        onClose: (why) => told.push(why),
        onViolation() {},
      },
    );
    peer.on("data", (chunk: Buffer) => reader.push(chunk));
    peer.resume();
    // What was good before it was heard, what comes after it is not.
    const good = masked(0x81, Buffer.from("good"));
    peer.write(Buffer.concat([good, bytes, good]));
    await expect.poll(() => told).toEqual([code]);
    await expect.poll(() => sockets[0]?.destroyed).toBe(true);
    expect(ends).toMatchObject([{ code }]);
    expect(heard).toEqual(["good"]);
  });
});

describe("a socket", () => {
  it.each([
    ["listens and closes", 0],
    ["listens twice", 1],
  ])("is read once by who %s in one turn", async (_, isOpen) => {
    const heard: unknown[] = [];
    const { port, sockets } = await aDoor((transport) => {
      const listener = { onMessage: (data: unknown) => heard.push(data), onClose() {} };
      transport.listen(listener);
      if (isOpen) transport.listen(listener);
      else transport.close(1000, "");
    });
    const peer = await upgraded(port);
    peer.write(encodeFrame(opcodes.text, Buffer.from("once"), Buffer.alloc(4)));
    await expect.poll(() => sockets[0]?.bytesRead).toBeGreaterThan(0);
    // At most: where it is read into memory of ours nobody listens for what Node would make of it.
    expect(sockets[0]?.listenerCount("data")).toBeLessThanOrEqual(1);
    if (isOpen) await expect.poll(() => heard).toEqual(["once"]);
  });

  it("of a client that is refused and never leaves is let go of", async () => {
    const { port, sockets } = await aDoor(() => {});
    const client = dial(port);
    let answer = "";
    client.on("data", (chunk) => {
      answer += chunk;
    });
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await expect.poll(() => answer).toContain("400 Bad Request");
    await expect.poll(() => sockets[0]?.destroyed, { timeout: 2 * HANG_UP_MS }).toBe(true);
  });
});

describe("a request to upgrade", () => {
  const request = (first: string, ...more: string[]) =>
    [
      first,
      "Host: a",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      `Sec-WebSocket-Protocol: ${jsonCodec.subprotocol}`,
      ...more,
      "\r\n",
    ].join("\r\n");
  it.each<[string, string, number]>([
    ["as it should be", request("GET / HTTP/1.1"), 101],
    ["an empty body", request("GET / HTTP/1.1", "Content-Length: 0"), 101],
    ["a body", `${request("GET / HTTP/1.1", "Content-Length: 4")}body`, 400],
    [
      "a body in chunks",
      `${request("GET / HTTP/1.1", "Transfer-Encoding: chunked")}0\r\n\r\n`,
      400,
    ],
    ["the HTTP of long ago", request("GET / HTTP/1.0"), 400],
    ["another method", request("POST / HTTP/1.1", "Content-Length: 0"), 400],
    ["a second key", request("GET / HTTP/1.1", "Sec-WebSocket-Key: BAAAAAAAAAAAAAAAAAAAAA=="), 400],
    ["a second version", request("GET / HTTP/1.1", "Sec-WebSocket-Version: 8"), 426],
  ])("with %s is answered with its status", async (_what, text, status) => {
    const { port } = await aDoor(() => {});
    const client = dial(port);
    let answer = "";
    client.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    client.write(text);
    await expect.poll(() => /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]).toBe(String(status));
  });
});
