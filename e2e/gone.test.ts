// Whoever watches hears of every board that went with a killed cloud, also one who was cut off by the same kill.
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type RunningAgent, registerBoard, startAgent } from "./agent.ts";
import { type RunningCloud, startCloud, temporaryFolder } from "./program.ts";
import { until } from "./s4t.ts";

const folder = temporaryFolder();
const data = join(folder.path, "cloud");
let cloud: RunningCloud;
let agent: RunningAgent;
afterEach(async () => {
  await agent.kill("SIGKILL");
  await cloud.kill("SIGTERM");
  folder.remove();
});

interface Frame {
  readonly type: string;
  readonly cursor?: string;
  readonly data?: { readonly changed: readonly { uuid: string; status: string }[] };
}

/** The first frame of a subscription to all boards, from a cursor where one is given. */
const firstFrame = async (since?: string): Promise<Frame> => {
  const token = await cloud.signIn();
  const socket = new WebSocket(`${cloud.url.replace("http", "ws")}/events`);
  const send = (frame: unknown) => socket.send(JSON.stringify(frame));
  const frame = await new Promise<Frame>((resolve, reject) => {
    socket.addEventListener("error", reject);
    socket.addEventListener("open", () => send({ type: "auth", token }));
    socket.addEventListener("message", ({ data: text }) => {
      const heard = JSON.parse(String(text)) as Frame;
      if (heard.type === "welcome")
        send({ type: "subscribe", id: 1, topic: "boards", ...(since ? { since } : {}) });
      else resolve(heard);
    });
  });
  socket.close();
  return frame;
};

it("a board that went with its cloud is told as offline to a reader that resumes", async () => {
  cloud = await startCloud(data);
  await cloud.signIn();
  const board = await registerBoard(cloud, "lost");
  agent = startAgent(join(folder.path, "agent"), ["--enrol", board.enrolment]);
  await until(
    async () => (await cloud.call("GET", `/api/boards/${board.uuid}`)).body.status,
    (status) => status === "online",
    15_000,
  );
  // Its first reports change it too: the cursor is taken when they are in.
  await until(
    async () => (await cloud.call("GET", `/api/boards/${board.uuid}/target`)).body,
    ({ wanted, reached }) => wanted === reached,
    15_000,
  );
  const { cursor } = await firstFrame();
  await Promise.all([cloud.kill("SIGKILL"), agent.kill("SIGKILL")]);

  cloud = await startCloud(data);
  const { type, data: told } = await firstFrame(cursor);
  expect(type).toBe("change");
  expect(told?.changed.map(({ uuid, status }) => [uuid, status])).toEqual([
    [board.uuid, "offline"],
  ]);
}, 60_000);
