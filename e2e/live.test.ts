// Live values with the real programs: while somebody watches, every five seconds; otherwise not; and again after the board
// was away in between.
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

/** A little more than the live period, which the contract has at 5 s. */
const periodMs = 6_500;

let folder: ReturnType<typeof temporaryFolder>;
let cloud: RunningCloud;
let agent: RunningAgent;
let uuid: string;
let token: string;
beforeEach(async () => {
  folder = temporaryFolder();
  cloud = await startCloud(join(folder.path, "cloud"));
  token = await cloud.signIn();
  const board = await registerBoard(cloud, "watched");
  uuid = board.uuid;
  agent = startAgent(join(folder.path, "agent"), ["--enrol", board.enrolment]);
  await online();
});
afterEach(async () => {
  await agent.kill("SIGTERM");
  await cloud.kill("SIGTERM");
  folder.remove();
});

const online = () =>
  until(
    async () => (await cloud.call("GET", `/api/boards/${uuid}`)).body.status,
    (status) => status === "online",
    15_000,
  );

/** Watches the board's series; `moments` are those of the values that came. */
const watch = async (): Promise<{ moments: number[]; stop(): Promise<void> }> => {
  const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/events`);
  const moments: number[] = [];
  await new Promise((resolve, reject) => {
    socket.addEventListener("error", reject);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "auth", token })));
    socket.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data));
      if (frame.type === "welcome")
        socket.send(JSON.stringify({ type: "subscribe", id: 1, topic: `series:${uuid}` }));
      else if (frame.type === "snapshot") resolve(undefined);
      else if (frame.type === "change") moments.push(frame.data.at);
    });
  });
  return {
    moments,
    async stop() {
      const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
      socket.close();
      await closed;
    },
  };
};
const come = (moments: readonly number[], more: number) => {
  const before = moments.length;
  return until(
    () => moments.length - before,
    (count) => count >= more,
    more * periodMs,
  );
};

it("come every five seconds while somebody watches, again when the board comes back, and stop with the last who watches", async () => {
  const first = await watch();
  const second = await watch();
  await come(first.moments, 3);
  const gaps = first.moments.slice(1).map((at, i) => at - (first.moments[i] ?? 0));
  expect(Math.max(...gaps)).toBeLessThan(periodMs);

  await agent.kill("SIGKILL");
  agent = startAgent(join(folder.path, "agent"));
  await online();
  await come(second.moments, 2);

  await first.stop();
  await come(second.moments, 1);
  await second.stop();
  // Nobody watches: the agent writes nothing into its journal any more, for its own next value is due in a minute only.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const written = () => statSync(join(folder.path, "agent/reports.journal")).mtimeMs;
  const before = written();
  await new Promise((resolve) => setTimeout(resolve, periodMs));
  expect(written()).toBe(before);
  const third = await watch();
  await come(third.moments, 1);
  expect(written()).toBeGreaterThan(before);
  await third.stop();
}, 90_000);
