// Much at once, and much in little: who reads is never taken for one who does not, and no piece is too small.
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "@s4t/kit";
import { encodeFrame, opcodes } from "@s4t/kit/node/websocket";
import { afterEach, describe, expect, it } from "vitest";
import { anonymousAuthenticator } from "../auth/anonymous.ts";
import type { ClientSession } from "../client/client-session.ts";
import { connectGlobalWebSocket } from "../client/global-websocket.ts";
import { joinRealm } from "../client/join.ts";
import { jsonCodec } from "../codec/json.ts";
import { linkedPeers, openPeer } from "../peer.ts";
import { createRouter } from "../router/router.ts";
import { MAX_BUFFERED_BYTES, MAX_FRAME_BYTES, type Transport } from "../transport.ts";
import { secureRandom } from "./random.ts";
import { connectRawSocket } from "./rawsocket-client.ts";
import { encodeRawFrame, RawFrameReader, rawTypes } from "./rawsocket-frames.ts";
import { acceptRawSockets } from "./rawsocket-server.ts";
import { connectWebSocket } from "./websocket-client.ts";
import { FrameReader } from "./websocket-frames.ts";
import { acceptWebSockets } from "./websocket-server.ts";

const deps = { clock: systemClock };
const { subprotocol } = jsonCodec;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
};

/** A router behind both doors, and who joins it in each way that there is. */
const aWorld = async () => {
  const ends: string[] = [];
  const router = createRouter(
    {
      realms: [
        {
          ...{ name: "r", authenticators: [anonymousAuthenticator()], retainedEvents: 1_000 },
          authorize: () => "allow",
          onLeave: (_session, reason) => ends.push(reason),
        },
      ],
    },
    { clock: systemClock, random: secureRandom },
  );
  cleanups.push(() => router.close());
  const onTransport = (transport: Transport) => router.attach(openPeer(transport, jsonCodec));
  const webDoor = acceptWebSockets({ subprotocols: [subprotocol], onTransport }, deps);
  const rawDoor = acceptRawSockets({ subprotocols: [subprotocol], onTransport }, deps);
  const url = `ws://127.0.0.1:${await listen(
    createHttpServer().on("upgrade", webDoor.handleUpgrade),
  )}/`;
  const to = {
    host: "127.0.0.1",
    port: await listen(createServer((socket) => rawDoor.handleConnection(socket))),
  };
  const ways = {
    websocket: () => connectWebSocket({ url, subprotocol }, deps),
    "raw socket": () => connectRawSocket({ to, subprotocol }, deps),
    "websocket of the platform": () => connectGlobalWebSocket({ url, subprotocol }),
  };
  const join = async (way: keyof typeof ways): Promise<ClientSession> => {
    const transport = await ways[way]();
    cleanups.push(() => transport.close(1000, ""));
    return joinRealm(openPeer(transport, jsonCodec), { realm: "r" }, deps);
  };
  /** Somebody else, within the process. */
  const joinAs = (authid: string): Promise<ClientSession> => {
    const [near, far] = linkedPeers();
    router.attach(far, { trustedAs: { authid, authrole: "person" } });
    return joinRealm(near, { realm: "r" }, deps);
  };
  return { join, joinAs, ends };
};

describe.each(["websocket", "raw socket", "websocket of the platform"] as const)(
  "over a %s who reads is not dropped",
  (way) => {
    it("for what is called at once", async () => {
      const { join, ends } = await aWorld();
      const [callee, caller] = [await join(way), await join(way)];
      await callee.register("a.length", ({ args }) => ({ args: [String(args[0]).length] }));
      const args = ["x".repeat(20_000)];
      const calls = Array.from({ length: 250 }, () => caller.call("a.length", { args }));
      expect(250 * 20_000).toBeGreaterThan(MAX_BUFFERED_BYTES);
      const answers = await Promise.all(calls);
      expect(answers.every((answer) => answer.args[0] === 20_000)).toBe(true);
      expect(ends).toEqual([]);
    });

    it("for all that is kept, however much that is", async () => {
      const { join, joinAs, ends } = await aWorld();
      const [publisher, follower] = [await join(way), await join(way)];
      const args = ["è".repeat(15_000)];
      let kept = 0;
      const keepAs = (who: ClientSession) =>
        who.publish(`a.${kept}`, { args, retain: true, acknowledge: true });
      for (const who of [publisher, await joinAs("somebody else")])
        while (
          await keepAs(who).then(
            () => true,
            () => false,
          )
        )
          kept += 1;
      let heard = 0;
      await follower.subscribe(
        "a",
        ({ retained }) => {
          if (retained) heard += 1;
        },
        { match: "prefix", getRetained: true },
      );
      await expect.poll(() => heard).toBe(kept);
      expect(kept).toBeGreaterThan(100);
      expect(ends).toEqual([]);
    });
  },
);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
/** After a collection. */
const heldBytes = (): number => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

describe("a message in pieces of one byte", () => {
  // Long ago each was kept, and the last one stopped the loop for a minute and a half.
  const payload = Buffer.alloc(MAX_FRAME_BYTES, "e");

  it("is read as quickly over a WebSocket as it comes", () => {
    const heard: (string | Uint8Array)[] = [];
    const reader = new FrameReader(
      { masked: true, maxMessageBytes: MAX_FRAME_BYTES },
      {
        onMessage: (data) => heard.push(data),
        ...{ onPing() {}, onPong() {}, onClose() {}, onViolation() {} },
      },
    );
    const frame = encodeFrame(opcodes.text, payload, Buffer.from([1, 2, 3, 4]));
    for (let at = 0; at < frame.length; at += 1) reader.push(frame.subarray(at, at + 1));
    expect(heard).toEqual([payload.toString()]);
  });

  it("is read as quickly over a raw socket", () => {
    const heard: Buffer[] = [];
    const reader = new RawFrameReader(MAX_FRAME_BYTES, {
      onPayload: (data) => heard.push(Buffer.from(data)),
      ...{ onPing() {}, onPong() {}, onViolation() {} },
    });
    const frame = encodeRawFrame(rawTypes.message, payload);
    for (let at = 0; at < frame.length; at += 1) reader.push(frame.subarray(at, at + 1));
    expect(heard.map((one) => one.equals(payload))).toEqual([true]);
  });

  it("is held as what it is, and not as a million objects", async () => {
    const reader = new FrameReader(
      { masked: true, maxMessageBytes: MAX_FRAME_BYTES },
      { onMessage() {}, onPing() {}, onPong() {}, onClose() {}, onViolation() {} },
    );
    const frame = encodeFrame(opcodes.text, payload, Buffer.from([1, 2, 3, 4]));
    const before = heldBytes();
    for (let at = 0; at < frame.length - 1; at += 1) reader.push(frame.subarray(at, at + 1));
    expect(heldBytes() - before).toBeLessThan(4 * payload.length);
    reader.push(frame.subarray(-1));
    // Memory outside the heap is given back a little later than it is found free.
    await expect.poll(() => heldBytes() - before).toBeLessThan(payload.length / 2);
  });

  it("holds no memory that it only promises to fill", async () => {
    const start = encodeFrame(opcodes.text, payload, Buffer.alloc(4)).subarray(0, 100);
    const before = heldBytes();
    const readers = Array.from({ length: 100 }, () => {
      const reader = new FrameReader(
        { masked: true, maxMessageBytes: MAX_FRAME_BYTES },
        { onMessage() {}, onPing() {}, onPong() {}, onClose() {}, onViolation() {} },
      );
      reader.push(Buffer.from(start));
      return reader;
    });
    await expect.poll(() => heldBytes() - before).toBeLessThan(readers.length * 4_096);
    expect(readers).toHaveLength(100); // they are held until here
  });
});
