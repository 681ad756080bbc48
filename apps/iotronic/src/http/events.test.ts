import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerFrame } from "@s4t/contract";
import { silentLog, systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { systemActor } from "../policy/index.ts";
import { createEvents } from "./events.ts";

it("drops changes for a reader that does not read, and gives it what stands once it reads again", async () => {
  let push: (data: unknown) => void = () => {};
  let state = 0;
  const events = createEvents({
    clock: systemClock,
    log: silentLog,
    findActor: () => systemActor,
    cookieName: "session",
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
  try {
    await new Promise((resolve) => reader.once("open", resolve));
    reader.send('{"type":"auth","token":"x"}');
    reader.send('{"type":"subscribe","id":1,"topic":"audit"}');
    await expect.poll(() => frames.length).toBe(2);
    reader.pause();
    const bulk = "x".repeat(4_000_000);
    const sent = 8;
    for (state = 1; state <= sent; state += 1) {
      push({ state, bulk });
      await new Promise((resolve) => setTimeout(resolve, 260));
    }
    state = sent;
    reader.resume();
    const lastState = () =>
      (frames.at(-1)?.data as unknown as { state: number } | undefined)?.state;
    await expect.poll(lastState, { timeout: 5_000 }).toBe(sent);
    expect(frames.at(-1)?.type).toBe("snapshot");
    expect(frames.length).toBeLessThan(2 + sent);
  } finally {
    reader.terminate();
    events.close();
    server.close();
  }
});
