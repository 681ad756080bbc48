import { readFileSync } from "node:fs";
import { type Clock, type Json, systemClock } from "@s4t/kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIRST_WINDOW_BYTES } from "./credit.ts";
import { type FrameType, frameTypes } from "./frames.ts";
import { linkedTransports } from "./linked.ts";
import type { Stream } from "./stream.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { createTunnel, type IncomingStream, TUNNEL_SILENCE_MS, type Tunnel } from "./tunnel.ts";

const refuseAll = (incoming: IncomingStream) => incoming.refuse("no", "No.");

const pairOf = (
  onOpen: (incoming: IncomingStream) => void,
  clock: Clock = systemClock,
): { readonly near: Tunnel; readonly far: Tunnel } => {
  const [a, b] = linkedTransports();
  return {
    near: createTunnel(a, { role: "dialer", clock, onOpen: refuseAll }),
    far: createTunnel(b, { role: "acceptor", clock, onOpen }),
  };
};

/** Everything that a stream brings, its bytes used at once unless told otherwise. */
const heardOn = (stream: Stream, use = true) => {
  const heard = { bytes: 0, text: "", messages: [] as Json[], ended: false, reset: "" };
  stream.listen({
    onData(bytes) {
      heard.bytes += bytes.length;
      heard.text += Buffer.from(bytes).toString("latin1");
      if (use) stream.consumed(bytes.length);
    },
    onMessage: (message) => heard.messages.push(message),
    onEnd: () => {
      heard.ended = true;
    },
    onReset: (reason) => {
      heard.reset = reason;
    },
  });
  return heard;
};
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("a stream", () => {
  it("carries bytes and messages in order, half-closes, and ends when both sides have", async () => {
    let accepted: Stream | undefined;
    const { near } = pairOf((incoming) => {
      expect([incoming.kind, incoming.args]).toEqual(["tcp", { port: 80 }]);
      accepted = incoming.accept();
    });
    const stream = await near.open({ kind: "tcp", args: { port: 80 } });
    const there = heardOn(accepted as Stream);
    const here = heardOn(stream);
    stream.write(Buffer.from("one "));
    stream.message({ two: 2 });
    stream.write(Buffer.from("three"));
    stream.end();
    await settle();
    expect(there).toMatchObject({ text: "one three", messages: [{ two: 2 }], ended: true });
    accepted?.write(Buffer.from("still open"));
    accepted?.end();
    expect(await stream.ended).toBe("ended");
    expect(here).toMatchObject({ text: "still open", ended: true, reset: "" });
    expect(near.streamCount).toBe(0);
  });

  it("is refused with the peer's code and sentence", async () => {
    const { near } = pairOf((incoming) => incoming.refuse("service.not-allowed", "Not this one."));
    await expect(near.open({ kind: "tcp", args: null })).rejects.toMatchObject({
      code: "service.not-allowed",
      message: "Not this one.",
    });
    expect(near.streamCount).toBe(0);
  });

  it("that nobody wants any more is taken back at the other end", async () => {
    const giveUp = new AbortController();
    let told = "";
    const { near } = pairOf((incoming) => {
      incoming.signal.addEventListener("abort", () => {
        told = "given up";
      });
    });
    const opening = near.open({ kind: "tcp", args: null }, { signal: giveUp.signal });
    await settle();
    giveUp.abort(new TypeError("gone"));
    await expect(opening).rejects.toThrow("gone");
    await settle();
    expect([told, near.streamCount]).toEqual(["given up", 0]);
  });

  it("makes its writer wait while nobody reads, and goes on when somebody does", async () => {
    let accepted: Stream | undefined;
    const { near } = pairOf((incoming) => {
      accepted = incoming.accept();
    });
    const stream = await near.open({ kind: "x", args: null });
    let drained = 0;
    stream.listen({
      onData: () => {},
      onEnd: () => {},
      onReset: () => {},
      onDrain: () => {
        drained += 1;
      },
    });
    const there = heardOn(accepted as Stream, false);
    expect(stream.write(new Uint8Array(FIRST_WINDOW_BYTES))).toBe(true);
    expect(stream.write(new Uint8Array(100))).toBe(false);
    await settle();
    expect([there.bytes, drained]).toEqual([FIRST_WINDOW_BYTES, 0]);
    accepted?.consumed(FIRST_WINDOW_BYTES);
    await settle();
    expect([there.bytes, drained]).toEqual([FIRST_WINDOW_BYTES + 100, 1]);
  });

  it("is reset at both ends, with why", async () => {
    let accepted: Stream | undefined;
    const { near, far } = pairOf((incoming) => {
      accepted = incoming.accept();
    });
    const stream = await near.open({ kind: "x", args: null });
    const there = heardOn(accepted as Stream);
    stream.reset("cancelled");
    await settle();
    expect(there.reset).toBe("cancelled");
    expect(await stream.ended).toBe("cancelled");
    expect([near.streamCount, far.streamCount]).toEqual([0, 0]);
  });
});

describe("a tunnel", () => {
  it("drains: opens nothing more, lets what is open end, then ends itself", async () => {
    let accepted: Stream | undefined;
    const { near, far } = pairOf((incoming) => {
      accepted = incoming.accept();
    });
    const stream = await near.open({ kind: "x", args: null });
    far.drain();
    await settle();
    await expect(near.open({ kind: "x", args: null })).rejects.toMatchObject({
      code: "tunnel.drained",
    });
    const there = heardOn(accepted as Stream);
    stream.write(Buffer.from("last"));
    stream.end();
    accepted?.end();
    expect(await far.ended).toBe("drained");
    expect(there.text).toBe("last");
  });

  it("tells every stream and every opening when it is lost", async () => {
    const { near, far } = pairOf(() => {});
    const opening = near.open({ kind: "x", args: null });
    far.close("lost");
    await expect(opening).rejects.toMatchObject({ code: "tunnel.lost" });
    await expect(near.open({ kind: "x", args: null })).rejects.toMatchObject({
      code: "tunnel.lost",
    });
  });

  it("is given up when the other end has not been heard for long", async () => {
    let now = 0;
    const timers: { at: number; then: () => void }[] = [];
    const clock: Clock = {
      now: () => now,
      monotonicMs: () => now,
      after: (delayMs, then) => {
        const timer = { at: now + delayMs, then };
        timers.push(timer);
        return { cancel: () => timers.splice(timers.indexOf(timer), 1) };
      },
    };
    const deaf: Transport = { send() {}, close() {}, listen() {}, bufferedBytes: 0 };
    const tunnel = createTunnel(deaf, { role: "dialer", clock, onOpen: refuseAll });
    while (now <= TUNNEL_SILENCE_MS + 10_000 && timers.length > 0) {
      const [next] = timers.sort((a, b) => a.at - b.at);
      now = next?.at ?? now;
      timers.shift();
      next?.then();
    }
    expect(await tunnel.ended).toBe("lost");
  });

  it("asks for a sign of life: there is one while the other end hears, none from a deaf one or after the end", async () => {
    const { near } = pairOf(() => {});
    expect(await near.sign(1_000)).toBe(true);
    const deaf: Transport = { send() {}, close() {}, listen() {}, bufferedBytes: 0 };
    const tunnel = createTunnel(deaf, { role: "dialer", clock: systemClock, onOpen: refuseAll });
    expect(await tunnel.sign(20)).toBe(false);
    const asked = tunnel.sign(60_000);
    tunnel.close("cancelled");
    expect(await asked).toBe(false);
    expect(await tunnel.sign(60_000)).toBe(false);
  });

  const wire = () => {
    let listener: TransportListener | undefined;
    const closed: string[] = [];
    const transport: Transport = {
      send() {},
      close: (reason) => closed.push(reason),
      listen: (given) => {
        listener = given;
      },
      bufferedBytes: 0,
    };
    const streams: Stream[] = [];
    const tunnel = createTunnel(transport, {
      role: "acceptor",
      clock: systemClock,
      onOpen: (incoming) => streams.push(incoming.accept()),
    });
    const say = (type: number, id: number, payload: Uint8Array = new Uint8Array(0)) =>
      listener?.onFrame(type, id, payload);
    const open = (id: number) =>
      say(frameTypes.open, id, Buffer.concat([Buffer.alloc(4), Buffer.from('{"kind":"x"}')]));
    return { tunnel, closed, say, open, streams };
  };

  it.each([
    [
      "more bytes than it had credit for",
      (w) => w.say(4, 1, new Uint8Array(FIRST_WINDOW_BYTES + 1)),
    ],
    ["an id of ours", (w) => w.open(2)],
    ["an id that was used", (w) => w.open(1)],
    ["no JSON", (w) => w.say(1, 3, Buffer.from("\0\0\0\0{"))],
    ["an open without a kind", (w) => w.say(1, 3, Buffer.from("\0\0\0\0{}"))],
    ["a message that is not JSON", (w) => w.say(8, 1, Buffer.from("x"))],
    ["bytes after its end", (w) => [w.say(6, 1), w.say(4, 1, new Uint8Array(1))]],
    ["an end after its end", (w) => [w.say(6, 1), w.say(6, 1)]],
    ["bytes on a stream that never was", (w) => w.say(4, 99, new Uint8Array(1))],
    ["an answer to nothing", (w) => w.say(2, 4, new Uint8Array(4))],
    ["a number that is missing", (w) => w.say(5, 1, new Uint8Array(3))],
  ] as readonly (readonly [string, (w: ReturnType<typeof wire>) => unknown])[])(
    "ends with `protocol` for %s",
    (_, break_) => {
      const made = wire();
      made.open(1);
      expect(made.closed).toEqual([]);
      break_(made);
      expect(made.closed).toEqual(["protocol"]);
    },
  );

  it("does nothing about frames of a later version", () => {
    const made = wire();
    made.say(200 as FrameType, 7, new Uint8Array(9));
    expect(made.closed).toEqual([]);
  });

  it("carries whatever many streams do, whole, in order, once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            stream: fc.nat(4),
            bytes: fc.integer({ min: 1, max: 200_000 }),
            end: fc.boolean(),
          }),
          { maxLength: 60 },
        ),
        async (steps) => {
          const there = new Map<number, ReturnType<typeof heardOn>>();
          const { near, far } = pairOf((incoming) => {
            there.set(Number(incoming.args), heardOn(incoming.accept()));
          });
          const streams = await Promise.all(
            [0, 1, 2, 3, 4].map((args) => near.open({ kind: "x", args })),
          );
          const sent = [0, 0, 0, 0, 0];
          const ended = new Set<number>();
          for (const { stream, bytes, end } of steps) {
            if (ended.has(stream)) continue;
            streams[stream]?.write(new Uint8Array(bytes).fill(stream));
            sent[stream] = (sent[stream] ?? 0) + bytes;
            if (end) {
              streams[stream]?.end();
              ended.add(stream);
            }
          }
          for (let turn = 0; turn < 50; turn += 1) {
            await settle();
            if (sent.every((count, i) => there.get(i)?.bytes === count)) break;
          }
          expect(sent.map((_, i) => there.get(i)?.bytes)).toEqual(sent);
          for (const [i, heard] of there) {
            expect(heard.ended).toBe(ended.has(i));
            expect(new Set(heard.text).size).toBeLessThanOrEqual(1);
          }
          near.close("cancelled");
          await far.ended;
          expect([near.streamCount, far.streamCount]).toEqual([0, 0]);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe("the vectors", () => {
  const { conversation, violations } = JSON.parse(
    readFileSync(new URL("../vectors/conversation.json", import.meta.url), "utf8"),
  ) as {
    conversation: readonly { says: "dialer" | "acceptor"; frame: string }[];
    violations: readonly { name: string; dialer: readonly string[] }[];
  };
  /** An acceptor that echoes, what it says, and a way to say frames to it. */
  const anEcho = () => {
    const said: string[] = [];
    let listener: TransportListener | undefined;
    const transport: Transport = {
      send(type, stream, payload, taken) {
        const head = Buffer.alloc(5);
        head[0] = type;
        head.writeUInt32BE(stream, 1);
        said.push(Buffer.concat([head, payload ?? Buffer.alloc(0)]).toString("hex"));
        taken?.();
      },
      close: (reason) => said.push(reason),
      listen: (given) => {
        listener = given;
      },
      bufferedBytes: 0,
    };
    createTunnel(transport, {
      role: "acceptor",
      clock: systemClock,
      onOpen(incoming) {
        if (incoming.kind !== "echo") {
          incoming.refuse("not-here", "Only echoes live here.");
          return;
        }
        const stream = incoming.accept();
        stream.listen({
          onData(bytes) {
            stream.write(bytes);
            stream.consumed(bytes.length);
          },
          onMessage: (message) => stream.message(message),
          onEnd: () => stream.end(),
          onReset: () => {},
        });
      },
    });
    said.length = 0; // its own first PING
    const say = (hex: string): void => {
      const frame = Buffer.from(hex, "hex");
      listener?.onFrame(frame[0] ?? 0, frame.readUInt32BE(1), frame.subarray(5));
    };
    return { said, say };
  };

  it("of a conversation are what an acceptor says", () => {
    const { said, say } = anEcho();
    for (const { says, frame } of conversation) {
      if (says === "dialer") say(frame);
      else expect(said.shift()).toBe(frame);
    }
    expect(said).toEqual([]);
  });

  it.each(violations.map(({ name, dialer }) => [name, dialer] as const))(
    "%s ends it with `protocol`",
    (_, frames) => {
      const { said, say } = anEcho();
      for (const frame of frames) say(frame);
      expect(said.at(-1)).toBe("protocol");
    },
  );
});
