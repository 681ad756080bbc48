// What a session is promised over every transport and in every serializer, in one loop; and peers that break the protocol, each put out
// with the right reason while others go on.
import { systemClock } from "@s4t/kit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Doors } from "../../test/interop/foreign.ts";
import { openWorld, type World } from "../../test/interop/world.ts";
import { joinRealm } from "../client/join.ts";
import type { Codec } from "../codec/codec.ts";
import { allCodecs } from "../codec/codecs.ts";
import type { Message } from "../messages/message.ts";
import { openPeer } from "../peer.ts";
import { MAX_FRAME_BYTES, type Transport, type TransportEnd } from "../transport.ts";
import { connectRawSocket } from "./rawsocket-client.ts";
import { connectWebSocket } from "./websocket-client.ts";

const deps = { clock: systemClock };
const connect: Readonly<
  Record<keyof Doors, (doors: Doors, subprotocol: string, max?: number) => Promise<Transport>>
> = {
  webSocket: ({ webSocket }, subprotocol, maxFrameBytes = MAX_FRAME_BYTES) =>
    connectWebSocket({ url: webSocket, subprotocol, maxFrameBytes }, deps),
  tcp: ({ tcp: port }, subprotocol, maxFrameBytes = MAX_FRAME_BYTES) =>
    connectRawSocket({ to: { host: "127.0.0.1", port }, subprotocol, maxFrameBytes }, deps),
  unix: ({ unix: path }, subprotocol, maxFrameBytes = MAX_FRAME_BYTES) =>
    connectRawSocket({ to: { path }, subprotocol, maxFrameBytes }, deps),
};

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());
beforeEach(() => expect.poll(() => world.router.counts().sessions).toBe(0));

const loop = Object.keys(connect).flatMap((transport) =>
  allCodecs.map((codec) => [transport as keyof Doors, codec.subprotocol, codec] as const),
);

/** Somebody who says frames of its own. */
const aStranger = async (transport: keyof Doors, codec: Codec) => {
  const line = await connect[transport](world.doors, codec.subprotocol);
  const told: Message[] = [];
  let end: TransportEnd | undefined;
  line.listen({
    onMessage: (frame) => told.push(codec.decode(frame) as Message),
    onClose: (why) => {
      end = why;
    },
  });
  const say = (...messages: Message[]) => {
    for (const message of messages) line.send(codec.encode(message));
  };
  const hello = () =>
    say({ kind: "hello", realm: "realm", details: { roles: { caller: {}, callee: {} } } });
  const until = (kind: Message["kind"]) => expect.poll(() => told.at(-1)?.kind).toBe(kind);
  return { line, told, say, hello, until, end: () => end };
};

describe.each(loop)("%s, %s", (transport, _name, codec) => {
  const join = async () => {
    const line = await connect[transport](world.doors, codec.subprotocol);
    return joinRealm(openPeer(line, codec), { realm: "realm" }, deps);
  };

  it("calls, progress, cancelling, events", async () => {
    const [board, cloud] = [await join(), await join()];
    await board.register("a.echo", ({ args, kwargs }) => ({ args, kwargs }));
    const value = { args: ["è 🌋", 2 ** 53, 1.5, null, [true, {}]], kwargs: { a: [1] } };
    expect(await cloud.call("a.echo", value)).toMatchObject(value);
    const long = "è".repeat(200_000);
    expect((await cloud.call("a.echo", { args: [long] })).args).toEqual([long]);
    await board.register("a.steps", async ({ progress, signal }) => {
      progress?.({ args: [1] });
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    });
    const given: unknown[] = [];
    const life = new AbortController();
    const call = cloud.call("a.steps", {
      signal: life.signal,
      onProgress: ({ args }) => {
        given.push(args);
        life.abort(new TypeError("enough"));
      },
    });
    await expect(call).rejects.toThrow("enough");
    expect(given).toEqual([[1]]);
    const heard: unknown[] = [];
    await board.subscribe("a.", ({ topic, args }) => heard.push([topic, args]), {
      match: "prefix",
    });
    await cloud.publish("a.topic", { args: [7] });
    await expect.poll(() => heard).toEqual([["a.topic", [7]]]);
    await Promise.all([board.close(), cloud.close()]);
  });

  const call = { kind: "call", options: {}, procedure: "a.slow" } as const;
  it.each<[string, (one: Awaited<ReturnType<typeof aStranger>>) => void]>([
    ["a second HELLO", ({ hello }) => hello()],
    ["a WELCOME", ({ say }) => say({ kind: "welcome", session: 1, details: {} })],
    ["a YIELD that nobody asked for", ({ say }) => say({ kind: "yield", request: 9, options: {} })],
    [
      "a request that is pending already",
      ({ say }) => say({ ...call, request: 5 }, { ...call, request: 5 }),
    ],
    ["the id 0", ({ say }) => say({ ...call, request: 0 })],
    ["the id 2^53 + 2", ({ say }) => say({ ...call, request: 2 ** 53 + 2 })],
    ["half an id", ({ say }) => say({ ...call, request: 1.5 })],
    [
      "what lies too deep",
      ({ say }) => {
        let deep: unknown = 1;
        for (let i = 0; i < 200; i += 1) deep = [deep];
        say({ ...call, request: 1, args: [deep] });
      },
    ],
    [
      "a frame of the other kind",
      ({ line }) => line.send(codec === allCodecs[0] ? new Uint8Array([0xff, 0xfe]) : "[1]"),
    ],
  ])("puts out who says %s", async (_what, offend) => {
    const witness = await join();
    await witness.register("a.slow", () => new Promise(() => {}));
    const stranger = await aStranger(transport, codec);
    stranger.hello();
    await stranger.until("welcome");
    offend(stranger);
    await stranger.until("abort");
    expect(stranger.told.at(-1)).toMatchObject({ reason: "wamp.error.protocol_violation" });
    await expect.poll(stranger.end).toBeDefined();
    await witness.register("a.still", () => ({ args: ["there"] }));
    expect((await witness.call("a.still")).args).toEqual(["there"]);
    await witness.close();
  });

  it("gives frames that are the hearer's to keep", async () => {
    const witness = await join();
    await witness.register("a.echo", ({ args }) => ({ args }));
    const line = await connect[transport](world.doors, codec.subprotocol);
    const kept: (string | Uint8Array)[] = [];
    line.listen({ onMessage: (frame) => kept.push(frame), onClose() {} });
    const say = (message: Message) => line.send(codec.encode(message));
    say({ kind: "hello", realm: "realm", details: { roles: { caller: {} } } });
    for (let i = 1; i <= 20; i += 1) {
      await expect.poll(() => kept.length).toBe(i);
      say({ kind: "call", request: i, options: {}, procedure: "a.echo", args: ["v".repeat(i)] });
    }
    await expect.poll(() => kept.length).toBe(21);
    const heard = kept.slice(1).map((frame) => codec.decode(frame));
    expect(heard).toMatchObject(
      Array.from({ length: 20 }, (_, i) => ({ request: i + 1, args: ["v".repeat(i + 1)] })),
    );
    line.close(1000, "");
    await witness.close();
  });

  it("takes ids to 2^53, exact", async () => {
    const stranger = await aStranger(transport, codec);
    stranger.hello();
    await stranger.until("welcome");
    stranger.say({ kind: "subscribe", request: 2 ** 53, options: {}, topic: "a.b" });
    await stranger.until("subscribed");
    expect(stranger.told.at(-1)).toMatchObject({ request: 2 ** 53 });
    stranger.line.close(1000, "");
  });

  it("ends with who sends a message beyond the limit, and nobody else notices", async () => {
    const witness = await join();
    const stranger = await aStranger(transport, codec);
    stranger.hello();
    await stranger.until("welcome");
    stranger.say({ ...call, request: 1, args: ["x".repeat(MAX_FRAME_BYTES)] });
    await expect.poll(stranger.end).toBeDefined();
    await expect.poll(() => world.router.counts().sessions).toBe(1);
    await witness.register("a.still", () => ({ args: ["there"] }));
    expect((await witness.call("a.still")).args).toEqual(["there"]);
    await witness.close();
  });
});
