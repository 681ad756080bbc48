import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { systemClock } from "@s4t/kit";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { cut } from "../../test/beside-ws.ts";
import { jsonCodec } from "../codec/json.ts";
import type { Transport, TransportEnd } from "../transport.ts";
import { connectRawSocket } from "./rawsocket-client.ts";
import {
  encodeHandshake,
  encodeRawFrame,
  RawFrameReader,
  rawTypes,
  readHandshake,
} from "./rawsocket-frames.ts";
import { acceptRawSockets, type RawSocketDoorOptions } from "./rawsocket-server.ts";

const deps = { clock: systemClock };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const listen = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const aDoor = async (options: Partial<RawSocketDoorOptions> = {}) => {
  const ends: TransportEnd[] = [];
  const heard: unknown[] = [];
  const transports: Transport[] = [];
  const door = acceptRawSockets(
    {
      subprotocols: [jsonCodec.subprotocol],
      onTransport: (transport) => {
        transports.push(transport);
        transport.listen({
          onMessage: (data) => heard.push(data),
          onClose: (end) => ends.push(end),
        });
      },
      ...options,
    },
    deps,
  );
  cleanups.push(() => door.close());
  return {
    port: await listen((socket) => door.handleConnection(socket)),
    door,
    ends,
    heard,
    transports,
  };
};

/** A socket that says bytes, and what it was told. */
const aPeer = (port: number, ...said: readonly Uint8Array[]) => {
  const socket = connect({ port, host: "127.0.0.1" });
  cleanups.push(() => socket.destroy());
  let told = Buffer.alloc(0);
  let closed = false;
  socket.on("data", (chunk: Buffer) => {
    told = Buffer.concat([told, chunk]);
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    closed = true;
  });
  for (const bytes of said) socket.write(bytes);
  return { socket, told: () => told.toString("hex"), closed: () => closed };
};

const hello = Buffer.from([0x7f, 0xf1, 0, 0]); // as the specification has it: JSON, 16 MiB

describe("the handshake", () => {
  it("is answered with our limit and the serializer, and reads what came with it", async () => {
    const { port, heard } = await aDoor({ maxFrameBytes: 1024 * 1024 });
    const peer = aPeer(port, Buffer.concat([hello, encodeRawFrame(0, Buffer.from('"è"'))]));
    // 0xB: 2^(9 + 11) is 1 MiB.
    await expect.poll(peer.told).toBe("7fb10000");
    await expect.poll(() => heard).toEqual(['"è"']);
  });

  it("is read byte by byte", async () => {
    const { port } = await aDoor();
    const peer = aPeer(port);
    for (const byte of hello) {
      peer.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await expect.poll(peer.told).toBe("7fb10000");
  });

  it.each([
    ["a serializer that we do not speak", [0x7f, 0xf2, 0, 0], "7f100000"],
    ["the serializer 0", [0x7f, 0xf0, 0, 0], "7f100000"],
    ["reserved bits", [0x7f, 0xf1, 0, 1], "7f300000"],
    ["another protocol", [...Buffer.from("GET / HTTP/1.1\r\n\r\n")], ""],
  ])("is refused with its number for %s", async (_what, bytes, answer) => {
    const { port, transports } = await aDoor();
    const peer = aPeer(port, Buffer.from(bytes));
    await expect.poll(peer.closed).toBe(true);
    expect(peer.told()).toBe(answer);
    expect(transports).toEqual([]);
  });

  it("is waited for so long, and no longer: who says less keeps no descriptor", async () => {
    const { port, door } = await aDoor({ handshakeTimeoutMs: 60 });
    const slow = aPeer(port, hello.subarray(0, 3));
    await expect.poll(() => door.connections).toBe(1);
    await expect.poll(slow.closed).toBe(true);
    expect(door.connections).toBe(0);
  });

  it("of one too many is refused, and the next one after a leave is not", async () => {
    const { port, door } = await aDoor({ maxConnections: 1 });
    const first = aPeer(port, hello);
    await expect.poll(first.told).toBe("7fb10000");
    const second = aPeer(port, hello);
    await expect.poll(second.told).toBe("7f400000");
    first.socket.destroy();
    await expect.poll(() => door.connections).toBe(0);
    await expect.poll(aPeer(port, hello).told).toBe("7fb10000");
  });
});

describe("frames", () => {
  it("come whole out of chunks cut anywhere", () => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
    console.log(`rawsocket seed ${seed}`);
    const anyFrame = fc.record({
      type: fc.constantFrom(...Object.values(rawTypes)),
      payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 12 }),
        fc.array(fc.nat(4_000), { maxLength: 20 }),
        (frames, points) => {
          const seen: [number, string][] = [];
          const see = (type: number) => (payload: Buffer) =>
            seen.push([type, payload.toString("hex")]);
          const reader = new RawFrameReader(300, {
            onPayload: see(rawTypes.message),
            onPing: see(rawTypes.ping),
            onPong: see(rawTypes.pong),
            onViolation: (_tooLong, because) => seen.push([-1, because]),
          });
          const bytes = Buffer.concat(
            frames.map(({ type, payload }) => encodeRawFrame(type, payload)),
          );
          for (const chunk of cut(bytes, points)) {
            const lent = Buffer.from(chunk);
            reader.push(lent);
            lent.fill(0xee);
          }
          expect(seen).toEqual(frames.map(({ type, payload }) => [type, payload.toString("hex")]));
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it("say each length that a handshake can, and no more than 24 bits hold", () => {
    for (let exponent = 9; exponent < 24; exponent += 1) {
      const { maxBytes, serializer } = readHandshake(encodeHandshake(3, 2 ** exponent));
      expect([maxBytes, serializer]).toEqual([2 ** exponent, 3]);
      expect(readHandshake(encodeHandshake(1, 2 ** exponent + 1)).maxBytes).toBe(2 ** exponent);
    }
    expect(readHandshake(hello).maxBytes).toBe(2 ** 24 - 1);
  });

  it.each([
    ["a reserved type", [3, 0, 0, 0], 1002],
    ["reserved bits", [0x10, 0, 0, 0], 1002],
    ["a message beyond the limit, by its head alone", [0, 0x10, 0, 1], 1009],
    ["a ping beyond the limit", [1, 0xff, 0xff, 0xff], 1009],
  ])("end with %s", async (_what, head, code) => {
    const { port, ends } = await aDoor();
    const peer = aPeer(port, hello, Buffer.from(head));
    await expect.poll(() => ends).toMatchObject([{ code }]);
    await expect.poll(peer.closed).toBe(true);
  });

  it("that ping are answered with the same bytes", async () => {
    const { port } = await aDoor();
    const peer = aPeer(port, hello, encodeRawFrame(rawTypes.ping, Buffer.from("you?")));
    await expect
      .poll(peer.told)
      .toBe(`7fb10000${encodeRawFrame(2, Buffer.from("you?")).toString("hex")}`);
  });

  it("that are longer than the peer takes are not sent: it is dropped, and told to us why", async () => {
    const { port, ends, transports } = await aDoor();
    const peer = aPeer(port, Buffer.from([0x7f, 0x01, 0, 0])); // 512 bytes
    await expect.poll(peer.told).toBe("7fb10000");
    transports[0]?.send("x".repeat(512));
    await expect.poll(() => peer.told().length).toBe(2 * (4 + 4 + 512));
    transports[0]?.send("x".repeat(513));
    await expect.poll(() => ends).toMatchObject([{ code: 1009 }]);
  });
});

describe("a connection", () => {
  it("whose peer is gone without a word is seen within two pings, one that answers lives", async () => {
    const { port, ends } = await aDoor({ pingEveryMs: 40 });
    const mute = aPeer(port, hello);
    const client = await connectRawSocket(
      { to: { host: "127.0.0.1", port }, subprotocol: jsonCodec.subprotocol },
      deps,
    );
    cleanups.push(() => client.close(1000, ""));
    client.listen({ onMessage() {}, onClose: () => ends.push({ code: 0, reason: "ours" }) });
    await expect.poll(mute.closed).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(ends).toEqual([{ code: 1006, reason: "The peer was not heard any more." }]);
  });

  it("to a reader that does not read is dropped, and holds no more than twice the limit", async () => {
    const { port, ends, transports } = await aDoor({ maxBufferedBytes: 256 * 1024 });
    const lazy = aPeer(port, hello);
    await expect.poll(lazy.told).toBe("7fb10000");
    lazy.socket.pause();
    const block = "x".repeat(64 * 1024);
    let mostBytes = 0;
    for (let i = 0; i < 1_000 && ends.length === 0; i += 1) {
      transports[0]?.send(block);
      mostBytes = Math.max(mostBytes, transports[0]?.bufferedAmount ?? 0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(ends).toEqual([{ code: 1008, reason: "The peer reads too slowly." }]);
    expect(mostBytes).toBeLessThan(2 * 256 * 1024 + 2 * block.length);
  });

  it.each<[string, (socket: Socket) => void, object]>([
    [
      "a refusal",
      (socket) => socket.end(Buffer.from([0x7f, 0x40, 0, 0])),
      { uri: "wamp.error.network_failure", details: { refusal: 4 } },
    ],
    [
      "another serializer",
      (socket) => socket.write(Buffer.from([0x7f, 0xf2, 0, 0])),
      { uri: "wamp.error.network_failure" },
    ],
    [
      "another protocol",
      (socket) => socket.write("HTTP/1.1 400"),
      { uri: "wamp.error.protocol_violation" },
    ],
    ["an end", (socket) => socket.end(), { uri: "wamp.error.network_failure" }],
    ["silence", () => {}, { uri: "wamp.error.timeout" }],
  ])("is not made where a router answers with %s", async (_what, answer, error) => {
    const port = await listen(answer);
    const to = { host: "127.0.0.1", port };
    await expect(
      connectRawSocket({ to, subprotocol: jsonCodec.subprotocol, timeoutMs: 100 }, deps),
    ).rejects.toMatchObject(error);
  });

  it("is given up on a signal, and where nobody listens", async () => {
    const port = await listen(() => {});
    const { subprotocol } = jsonCodec;
    const to = { host: "127.0.0.1", port };
    await expect(
      connectRawSocket({ to, subprotocol, signal: AbortSignal.timeout(30) }, deps),
    ).rejects.toMatchObject({ name: "TimeoutError" });
    await expect(
      connectRawSocket({ to: { path: "/nowhere/router.sock" }, subprotocol }, deps),
    ).rejects.toMatchObject({ uri: "wamp.error.network_failure" });
  });
});
