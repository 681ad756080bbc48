// What becomes of boards when more of them come at once than can be served, and of who only opens sockets.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { JOIN_PLACE_MS, MAX_JOINS_OF_ADDRESS } from "../src/link/admission.ts";
import { enrolBoard, joinAs } from "./board.ts";
import { openTestCloud, type TestCloud } from "./cloud.ts";
import { readMetrics } from "./exposition.ts";

let cloud: TestCloud;
const opened: Socket[] = [];
beforeAll(async () => {
  cloud = await openTestCloud();
}, 60_000);
afterAll(async () => {
  for (const socket of opened) socket.destroy();
  await cloud.close();
});

/** Asks for the link and says nothing more; the head of the answer. */
const upgrade = async (): Promise<string> => {
  const { hostname, port } = new URL(cloud.url);
  const socket = connect(Number(port), hostname);
  opened.push(socket);
  socket.write(
    [
      ...["GET /link HTTP/1.1", `Host: ${hostname}`, "Connection: Upgrade", "Upgrade: websocket"],
      ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
      ...["Sec-WebSocket-Protocol: wamp.2.json", "", ""],
    ].join("\r\n"),
  );
  const [head] = (await once(socket, "data")) as [Buffer];
  return head.toString("latin1");
};

it("sockets that only open leave no room for a moment; whoever comes then is told when to come again", async () => {
  const board = await enrolBoard(cloud, "patient");
  const heads = await Promise.all(Array.from({ length: MAX_JOINS_OF_ADDRESS }, upgrade));
  expect(heads.filter((head) => head.startsWith("HTTP/1.1 101"))).toHaveLength(heads.length);
  const refused = await upgrade();
  expect(refused).toMatch(/^HTTP\/1\.1 503 /);
  const [, after] = /\r\nRetry-After: (\d+)\r\n/.exec(refused) ?? [];
  expect(Number(after)).toBeGreaterThanOrEqual(1);
  await expect(joinAs(cloud, board)).rejects.toMatchObject({
    details: { status: 503, retryAfterS: Number(after) },
  });
  const metrics = await readMetrics(cloud.url);
  expect(metrics.get("s4t_link_joins_under_way")).toBe(MAX_JOINS_OF_ADDRESS);
  expect(metrics.get("s4t_link_joins_put_off_total")).toBe(2);

  await new Promise((resolve) => setTimeout(resolve, JOIN_PLACE_MS));
  const joined = await joinAs(cloud, board);
  expect(cloud.cloud.link.counts()).toMatchObject({ boards: 1, underWay: 0 });
  await joined.session.close();
});

it("a board that has joined takes no place", async () => {
  const joined = [];
  for (let i = 0; i < 3; i += 1)
    joined.push(await joinAs(cloud, await enrolBoard(cloud, `board-${i}`)));
  expect(cloud.cloud.link.counts()).toMatchObject({ boards: 3, underWay: 0 });
  for (const { session } of joined) await session.close();
});
