import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EVENT_FLUSH_MS, EVENT_GATHER_MS, type ServerFrame } from "@s4t/contract";
import { type Clock, silentLog, systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemActor } from "../policy/index.ts";
import { createEvents } from "./events.ts";

/** A reader of one topic, whose changes the test pushes. */
const open = async (clock: Clock = systemClock) => {
  let push: (data: unknown) => void = () => {};
  let state = 0;
  const events = createEvents({
    clock,
    log: silentLog,
    findActor: () => systemActor,
    cookieName: "session",
    onDelegated: async () => {},
    resolveProject: async () => undefined,
    lastSeq: () => state,
    sources: [
      {
        name: "audit",
        action: "audit.list",
        open: async (watcher) => {
          push = watcher.push;
          return { kind: "snapshot", data: { state }, close: () => {} };
        },
        merge: (_earlier, later) => later,
      },
    ],
  });
  const server = createServer().on("upgrade", events.upgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const reader = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/events`);
  const frames: Extract<ServerFrame, { type: "snapshot" | "change" }>[] = [];
  reader.on("message", (data) => frames.push(JSON.parse(String(data))));
  await new Promise((resolve) => reader.once("open", resolve));
  reader.send('{"type":"auth","token":"x"}');
  reader.send('{"type":"subscribe","id":1,"topic":"audit"}');
  await expect.poll(() => frames.length).toBe(2);
  return {
    reader,
    frames,
    push(next: number, bulk = "") {
      state = next;
      push({ state, bulk });
    },
    lastState: () => (frames.at(-1)?.data as unknown as { state: number } | undefined)?.state,
    close() {
      reader.terminate();
      events.close();
      server.close();
    },
  };
};

it("drops changes for a reader that does not read, and gives it what stands once it reads again", async () => {
  const { reader, frames, push, lastState, close } = await open();
  try {
    reader.pause();
    const bulk = "x".repeat(4_000_000);
    const sent = 8;
    for (let state = 1; state <= sent; state += 1) {
      push(state, bulk);
      await new Promise((resolve) => setTimeout(resolve, 260));
    }
    reader.resume();
    await expect.poll(lastState, { timeout: 5_000 }).toBe(sent);
    expect(frames.at(-1)?.type).toBe("snapshot");
    expect(frames.length).toBeLessThan(2 + sent);
  } finally {
    close();
  }
});

it("sends the first change after a silence soon, and those after it together, at their pace", async () => {
  let nowMs = 1_000;
  const waits: number[] = [];
  // Every pause of a flush is over at once; how long it was meant to be is noted.
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    after(delayMs, then, options) {
      if (delayMs > EVENT_FLUSH_MS) return systemClock.after(delayMs, then, options);
      waits.push(delayMs);
      return systemClock.after(0, then, options);
    },
  };
  const { push, lastState, close } = await open(clock);
  try {
    for (const [state, passedMs] of [
      [1, 10_000],
      [2, 30],
      [3, EVENT_FLUSH_MS],
    ] as const) {
      nowMs += passedMs;
      push(state);
      await expect.poll(lastState).toBe(state);
    }
    expect(waits).toEqual([EVENT_GATHER_MS, EVENT_FLUSH_MS - 30, EVENT_GATHER_MS]);
  } finally {
    close();
  }
});
