import { systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { live } from "../test/model.ts";
import { frameTypes } from "./frames.ts";
import { linkedTransports } from "./linked.ts";
import type { Stream } from "./stream.ts";
import type { TransportListener } from "./transport.ts";
import { createTunnel, MAX_WAITING_BYTES } from "./tunnel.ts";

it("lives two hundred random lives without losing, doubling or mixing up anything", async () => {
  const first = Date.now() % 2 ** 31;
  console.log(`seed ${first}`);
  for (let seed = first; seed < first + 200; seed += 1)
    await live({ steps: 120, seed }).catch((error: unknown) => {
      throw new RangeError(`seed ${seed}: ${error}`);
    });
});

const pairOf = (onStream: (stream: Stream) => void) => {
  const [a, b] = linkedTransports();
  const refuse = () => {};
  return {
    near: createTunnel(a, { role: "dialer", clock: systemClock, onOpen: refuse }),
    far: createTunnel(b, {
      ...{ role: "acceptor", clock: systemClock },
      onOpen: (incoming) => onStream(incoming.accept()),
    }),
  };
};

it("leaves nothing of ten thousand streams that were opened and dropped, and fills windows as before", async () => {
  const { near, far } = pairOf((stream) => {
    stream.listen({
      onData: (bytes) => stream.consumed(bytes.length),
      onEnd: () => stream.end(),
      onReset() {},
    });
  });
  for (let i = 0; i < 10_000; i += 1) {
    const stream = await near.open({ kind: "x", args: i });
    stream.listen({ onData() {}, onEnd() {}, onReset() {} });
    stream.write(new Uint8Array(10));
    if (i % 2 === 0) stream.reset("cancelled");
    else {
      stream.end();
      await stream.ended;
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect([near.streamCount, far.streamCount]).toEqual([0, 0]);
  const last = await near.open({ kind: "x", args: null });
  expect(last.write(new Uint8Array(262_144))).toBe(true);
});

it("one stream that nobody reads costs the others nothing but its own window", async () => {
  const heard = new Map<number, number>();
  const { near } = pairOf((stream) => {
    const index = heard.size;
    heard.set(index, 0);
    stream.listen({
      onData(bytes) {
        heard.set(index, (heard.get(index) ?? 0) + bytes.length);
        if (index !== 0) stream.consumed(bytes.length);
      },
      onEnd() {},
      onReset() {},
    });
  });
  const streams = await Promise.all([0, 1, 2].map((args) => near.open({ kind: "x", args })));
  const pieces = 400;
  for (let i = 0; i < pieces; i += 1)
    for (const stream of streams) stream.write(new Uint8Array(65_536));
  for (let i = 0; i < 300 && heard.get(2) !== pieces * 65_536; i += 1)
    await new Promise((resolve) => setImmediate(resolve));
  expect([...heard.values()]).toEqual([262_144, pieces * 65_536, pieces * 65_536]);
});

it("messages are paid for as bytes are: many pass while they are heard, and who sends more than that is too slow", async () => {
  let heard = 0;
  const onMessage = (): void => {
    heard += 1;
  };
  const { near } = pairOf((stream) => {
    if (heard === 0) stream.listen({ onData() {}, onMessage, onEnd() {}, onReset() {} });
  });
  const message = "x".repeat(4_000);
  const stream = await near.open({ kind: "x", args: null });
  for (let i = 0; i < 1_000; i += 1) {
    stream.message(message);
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await expect.poll(() => heard).toBe(1_000);
  const unheard = await near.open({ kind: "x", args: null });
  for (let i = 0; i < 1_000; i += 1) unheard.message(message);
  expect(await unheard.ended).toBe("too-slow");
  expect(near.streamCount).toBe(1);
});

it("an end that asks and never reads the answers is given up", async () => {
  let listener: TransportListener | undefined;
  let bufferedBytes = 0;
  const tunnel = createTunnel(
    {
      send: (_type, _stream, payload) => {
        bufferedBytes += 11 + (payload?.length ?? 0);
      },
      close() {},
      listen: (given) => {
        listener = given;
      },
      get bufferedBytes() {
        return bufferedBytes;
      },
    },
    { role: "acceptor", clock: systemClock, onOpen: () => {} },
  );
  for (let i = 0; i < 1_000_000 && bufferedBytes < 2 * MAX_WAITING_BYTES; i += 1)
    listener?.onFrame(frameTypes.ping, 0, new Uint8Array(4));
  expect(await tunnel.ended).toBe("too-slow");
  expect(bufferedBytes).toBeLessThan(MAX_WAITING_BYTES + 100);
});
