import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { systemClock } from "@s4t/kit";
import { encodeFrame, upgradeSocket } from "@s4t/kit/node/websocket";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { anonymousAuthenticator } from "../auth/anonymous.ts";
import { cryptosignAuthenticator, cryptosignCredentials } from "../auth/cryptosign.ts";
import { ticketAuthenticator, ticketCredentials } from "../auth/ticket.ts";
import { connectGlobalWebSocket } from "../client/global-websocket.ts";
import { joinRealm } from "../client/join.ts";
import { allCodecs, codecOf } from "../codec/codecs.ts";
import { jsonCodec } from "../codec/json.ts";
import { openPeer } from "../peer.ts";
import { createRouter } from "../router/router.ts";
import type { Transport } from "../transport.ts";
import { createEd25519KeyPair, ed25519Signer, verifyEd25519 } from "./ed25519.ts";
import { secureRandom } from "./random.ts";
import { connectWebSocket } from "./websocket-client.ts";
import { FrameReader } from "./websocket-frames.ts";
import { acceptWebSockets, type WebSocketDoorOptions } from "./websocket-server.ts";

const deps = { clock: systemClock };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link`;
};

const aDoor = async (options: Partial<WebSocketDoorOptions>): Promise<string> => {
  const door = acceptWebSockets(
    { subprotocols: [jsonCodec.subprotocol], onTransport: () => {}, ...options },
    deps,
  );
  const server = createServer();
  server.on("upgrade", door.handleUpgrade);
  cleanups.push(() => door.close());
  return listen(server);
};

const aRouterDoor = (keys: readonly string[]): Promise<string> => {
  const router = createRouter(
    {
      realms: [
        {
          name: "s4t",
          authorize: () => "allow",
          authenticators: [
            cryptosignAuthenticator({
              verify: verifyEd25519,
              randomBytes: (sizeBytes) => randomBytes(sizeBytes),
              findPrincipal: (key) =>
                keys.includes(key) ? { authid: key.slice(0, 8), authrole: "board" } : undefined,
            }),
            ticketAuthenticator((ticket) =>
              ticket === "letmein" ? { authid: "newcomer", authrole: "enrolling" } : undefined,
            ),
          ],
        },
      ],
    },
    { clock: systemClock, random: secureRandom },
  );
  cleanups.push(() => router.close());
  return aDoor({
    onTransport: (transport, facts) =>
      router.attach(openPeer(transport, jsonCodec), { connection: facts }),
  });
};

const connect = async (url: string): Promise<Transport> => {
  const transport = await connectWebSocket({ url, subprotocol: jsonCodec.subprotocol }, deps);
  cleanups.push(() => transport.close(1000, ""));
  return transport;
};

describe("WAMP over our client and server", () => {
  it("joins with a key, calls and is called", async () => {
    const pair = createEd25519KeyPair();
    const url = await aRouterDoor([pair.publicKey]);
    const join = async () =>
      joinRealm(
        openPeer(await connect(url), jsonCodec),
        {
          realm: "s4t",
          credentials: cryptosignCredentials({
            publicKey: pair.publicKey,
            sign: ed25519Signer(pair.privateKey),
          }),
        },
        deps,
      );
    const [board, cloud] = [await join(), await join()];
    expect(board.authrole).toBe("board");
    await board.register(
      "s4t.board.0011.",
      ({ procedure, args }) => ({ args: [procedure, ...args] }),
      {
        match: "prefix",
      },
    );
    const text = "è così 🌋".repeat(20_000);
    const { args } = await cloud.call("s4t.board.0011.echo", { args: [text] });
    expect(args).toEqual(["s4t.board.0011.echo", text]);
    await board.close();
    expect(await board.closed).toMatchObject({ reason: "wamp.close.goodbye_and_out" });
  });

  it("refuses a wrong key, a wrong signature, a wrong ticket", async () => {
    const pair = createEd25519KeyPair();
    const other = createEd25519KeyPair();
    const url = await aRouterDoor([pair.publicKey]);
    const tryWith = async (credentials: ReturnType<typeof ticketCredentials>) =>
      joinRealm(openPeer(await connect(url), jsonCodec), { realm: "s4t", credentials }, deps).then(
        (session) => session.authid,
        (error) => error.uri,
      );
    const failed = "wamp.error.authentication_failed";
    const signWith = (publicKey: string, privateKey: string) =>
      cryptosignCredentials({ publicKey, sign: ed25519Signer(privateKey) });
    expect(await tryWith(signWith(other.publicKey, other.privateKey))).toBe(failed);
    expect(await tryWith(signWith(pair.publicKey, other.privateKey))).toBe(failed);
    expect(await tryWith(ticketCredentials({ authid: "x", ticket: "guess" }))).toBe(failed);
    expect(await tryWith(ticketCredentials({ authid: "x", ticket: "letmein" }))).toBe("newcomer");
  });
});

describe("the WebSocket of the platform", () => {
  it("carries a session, in text and in bytes, and tells its end", async () => {
    const router = createRouter(
      {
        realms: [
          { name: "s4t", authenticators: [anonymousAuthenticator()], authorize: () => "allow" },
        ],
      },
      { clock: systemClock, random: secureRandom },
    );
    const url = await aDoor({
      subprotocols: allCodecs.map(({ subprotocol }) => subprotocol),
      onTransport: (transport, { subprotocol }) =>
        router.attach(openPeer(transport, codecOf(subprotocol) ?? jsonCodec)),
    });
    for (const codec of allCodecs) {
      const transport = await connectGlobalWebSocket({ url, subprotocol: codec.subprotocol });
      const session = await joinRealm(openPeer(transport, codec), { realm: "s4t" }, deps);
      await session.register("a.echo", ({ args }) => ({ args }));
      expect((await session.call("a.echo", { args: ["è 🌋"] })).args).toEqual(["è 🌋"]);
      router.endSession("s4t", session.id, "wamp.close.killed");
      expect(await session.closed).toMatchObject({ reason: "wamp.close.killed" });
    }
    const aborted = AbortSignal.abort(new TypeError("not any more"));
    const { subprotocol } = jsonCodec;
    await expect(connectGlobalWebSocket({ url, subprotocol, signal: aborted })).rejects.toThrow(
      "not any more",
    );
    await expect(
      connectGlobalWebSocket({ url: "ws://127.0.0.1:1/", subprotocol }),
    ).rejects.toMatchObject({ uri: "wamp.error.network_failure" });
  });
});

describe("the door", () => {
  it("refuses a client that does not speak the subprotocol", async () => {
    const url = await aDoor({});
    await expect(connectWebSocket({ url, subprotocol: "wamp.2.cbor" }, deps)).rejects.toMatchObject(
      {
        uri: "wamp.error.network_failure",
        details: { because: "upgrade", status: 400 },
      },
    );
  });

  it("drops a frame beyond the limit with 1009", async () => {
    const url = await aDoor({
      maxFrameBytes: 1_000,
      onTransport: (transport) => transport.listen({ onMessage() {}, onClose() {} }),
    });
    const transport = await connect(url);
    const end = new Promise((resolve) => transport.listen({ onMessage() {}, onClose: resolve }));
    transport.send("x".repeat(1_001));
    expect(await end).toMatchObject({ code: 1009 });
  });

  it("sees within two pings that a peer is gone, and lets a quiet one that answers live", async () => {
    const ends: unknown[] = [];
    const url = await aDoor({
      pingEveryMs: 40,
      onTransport: (transport) =>
        transport.listen({ onMessage() {}, onClose: (end) => ends.push(end) }),
    });
    const mute = new WebSocket(url, jsonCodec.subprotocol, { autoPong: false });
    mute.on("error", () => {});
    const quiet = new WebSocket(url, jsonCodec.subprotocol);
    await new Promise((resolve) => mute.on("close", resolve));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(ends).toEqual([{ code: 1006, reason: "The peer was not heard any more." }]);
    expect(quiet.readyState).toBe(WebSocket.OPEN);
    quiet.terminate();
  });

  it("takes each byte of a long message over a slow line for a sign of life", async () => {
    const ends: unknown[] = [];
    const url = await aDoor({
      pingEveryMs: 60,
      onTransport: (transport) =>
        transport.listen({ onMessage() {}, onClose: (end) => ends.push(end) }),
    });
    const { port } = new URL(url);
    const slow = createConnection({ host: "127.0.0.1", port: Number(port) });
    slow.on("error", () => {});
    await upgradeSocket(slow, new URL(url), jsonCodec.subprotocol, {});
    slow.resume();
    const frame = encodeFrame(1, Buffer.alloc(60_000, 0x20), Buffer.alloc(4));
    for (let at = 0; at < 40; at += 1) {
      slow.write(frame.subarray(at, at + 1));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(ends).toEqual([]);
    await expect.poll(() => ends).toMatchObject([{ code: 1006 }]);
    slow.destroy();
  });

  it("drops a reader that does not read, says why, and holds no more than twice the limit", async () => {
    const ends: { reason: string }[] = [];
    let accepted: Transport | undefined;
    const url = await aDoor({
      maxBufferedBytes: 256 * 1024,
      onTransport(transport) {
        accepted = transport;
        transport.listen({ onMessage() {}, onClose: (end) => ends.push(end) });
      },
    });
    const lazy = new WebSocket(url, jsonCodec.subprotocol);
    lazy.on("error", () => {});
    await new Promise((resolve) => lazy.on("open", resolve));
    lazy.pause();
    const block = "x".repeat(64 * 1024);
    let mostBytes = 0;
    for (let i = 0; i < 1_000 && ends.length === 0; i += 1) {
      accepted?.send(block);
      mostBytes = Math.max(mostBytes, accepted?.bufferedAmount ?? 0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(ends).toEqual([{ code: 1008, reason: "The peer reads too slowly." }]);
    expect(mostBytes).toBeLessThan(2 * 256 * 1024 + 2 * block.length);
    lazy.terminate();
  });

  it("sends what a turn says in one piece, short and long, text and bytes, in order", async () => {
    const url = await aDoor({
      onTransport(transport) {
        transport.listen({ onMessage() {}, onClose() {} });
        setTimeout(() => {
          for (let i = 0; i < 50; i += 1) transport.send(`short ${i}`);
          transport.send("è 🌋".repeat(10_000));
          transport.send(Buffer.alloc(70_000, 7));
          transport.send("last");
        }, 20);
      },
    });
    const { port } = new URL(url);
    const socket = createConnection({ host: "127.0.0.1", port: Number(port) });
    await upgradeSocket(socket, new URL(url), jsonCodec.subprotocol, {});
    const heard: (string | Uint8Array)[] = [];
    const shortsIn: number[] = [];
    const reader = new FrameReader(
      { masked: false, maxMessageBytes: 1_000_000 },
      {
        onMessage: (data) => heard.push(data),
        ...{ onPing() {}, onPong() {}, onClose() {}, onViolation() {} },
      },
    );
    socket.on("data", (chunk) => {
      const before = heard.length;
      reader.push(Buffer.from(chunk));
      const shorts = heard.slice(before).filter((one) => String(one).startsWith("short"));
      if (shorts.length > 0) shortsIn.push(shorts.length);
    });
    socket.resume();
    await expect.poll(() => heard.at(-1)).toBe("last");
    expect(shortsIn).toEqual([50]);
    expect(heard[50]).toBe("è 🌋".repeat(10_000));
    expect(Buffer.from(heard[51] as Uint8Array)).toEqual(Buffer.alloc(70_000, 7));
    expect(heard).toHaveLength(53);
    socket.destroy();
  });

  it("lets nobody else notice a subscriber that does not read", async () => {
    const leaves: string[] = [];
    /** How many events the other had heard, of how many, when the slow one was dropped. */
    const atTheDrop: number[] = [];
    let heard = 0;
    let published = 0;
    const router = createRouter(
      {
        realms: [
          {
            ...{ name: "s4t", authenticators: [anonymousAuthenticator()] },
            authorize: () => "allow",
            onLeave(_session, reason, because) {
              leaves.push(`${reason}: ${because}`);
              atTheDrop.push(heard, published);
            },
          },
        ],
      },
      { clock: systemClock, random: secureRandom },
    );
    cleanups.push(() => router.close());
    const url = await aDoor({
      maxBufferedBytes: 256 * 1024,
      onTransport: (transport, facts) =>
        router.attach(openPeer(transport, jsonCodec), { connection: facts }),
    });
    const join = async () =>
      joinRealm(openPeer(await connect(url), jsonCodec), { realm: "s4t" }, deps);
    const lazy = new WebSocket(url, jsonCodec.subprotocol);
    lazy.on("error", () => {});
    await new Promise((resolve) => lazy.on("open", resolve));
    lazy.send('[1,"s4t",{"roles":{"subscriber":{}}}]');
    await new Promise((resolve) => lazy.once("message", resolve));
    lazy.send('[32,1,{},"a.topic"]');
    await new Promise((resolve) => lazy.once("message", resolve));
    lazy.pause();
    const [eager, publisher] = [await join(), await join()];
    await eager.subscribe("a.topic", () => {
      heard += 1;
    });
    const args = ["x".repeat(32 * 1024)];
    // The next one is published when the other has heard this one, which never waits for the slow one: that still holds its place.
    while (published < 2_000 && leaves.length === 0) {
      await publisher.publish("a.topic", { args });
      published += 1;
      await expect.poll(() => heard, { interval: 1 }).toBe(published);
    }
    expect(leaves).toEqual(["wamp.error.network_failure: The peer reads too slowly."]);
    // All but what the turn of the drop itself was about to tell.
    const [heardThen = 0, publishedThen = 0] = atTheDrop;
    expect(heardThen).toBeGreaterThan(10);
    expect(publishedThen - heardThen).toBeLessThanOrEqual(1);
    await publisher.publish("a.topic", { args });
    await expect.poll(() => heard).toBe(published + 1);
    lazy.terminate();
  });
});
