import { systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { live } from "../test/model.ts";
import { linkedTransports } from "./linked.ts";
import type { Stream } from "./stream.ts";
import { createTunnel } from "./tunnel.ts";

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
