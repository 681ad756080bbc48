// A wire that is cut without a word: no FIN, no RST, bytes go nowhere. Cloud and agent are the real ones, each on a clock that the
// test moves, so that half a minute takes a second.
import { afterEach, beforeEach, expect, it } from "vitest";
import { openTestCloud, type TestCloud } from "../apps/iotronic/test/cloud.ts";
import { composeAgent, createSimulated, openMemory } from "../apps/lightning-rod/src/compose.ts";
import { seeded, silentLog } from "../packages/kit/src/index.ts";
import { createManualClock, type ManualClock } from "../packages/kit/test/clock.ts";
import { openRelay, type Relay } from "./relay.ts";

let clouds: ManualClock;
let boards: ManualClock;
let cloud: TestCloud;
let relay: Relay;
let uuid: string;
let life: AbortController;
let living: Promise<void>;

/** Lets both clocks go on, and what was sent arrive. */
const pass = async (ms: number): Promise<void> => {
  clouds.advance(ms);
  boards.advance(ms);
  await new Promise((resolve) => setTimeout(resolve, 40));
};
/** Slowly, for what takes its own time: signatures, disks. */
const passUntil = async (isSo: () => boolean, limitMs: number): Promise<void> => {
  for (let passed = 0; !isSo(); passed += 200) {
    if (passed > limitMs) throw new Error(`not within ${limitMs} ms`);
    await pass(200);
  }
};
const isConnected = () => cloud.cloud.link.isConnected(uuid as never);
const shown = async (): Promise<string> =>
  (await cloud.call("GET", `/api/boards/${uuid}`, { token: cloud.admin })).body.status;

beforeEach(async () => {
  life = new AbortController();
  clouds = createManualClock();
  boards = createManualClock();
  cloud = await openTestCloud({ clock: clouds });
  relay = await openRelay({
    ...{ listen: "127.0.0.1", port: 0 },
    to: { host: "127.0.0.1", port: Number(new URL(cloud.url).port) },
  });
  const made = await cloud.call("POST", "/api/boards", {
    token: cloud.admin,
    body: { name: "far" },
  });
  uuid = made.body.board.uuid;
  const platform = createSimulated({
    ...{ name: "far", clock: boards, bootId: "boot", onReboot: () => {} },
    ...{ random: seeded(1), drift: seeded(2) },
  });
  const agent = composeAgent(
    {
      enrolment: made.body.enrolment.enrolment,
      url: `http://127.0.0.1:${relay.port}`,
      rebootCommand: null,
      simulated: true,
    },
    {
      ...{ platform, clock: boards, log: silentLog, random: seeded(3), storage: openMemory() },
      ...{ restart: () => {}, setLogLevel: () => {}, plugins: null, access: null },
    },
  );
  living = agent.run(life.signal);
  await passUntil(isConnected, 20_000);
});
afterEach(async () => {
  life.abort();
  // Both ends say goodbye by their own clocks.
  for (let i = 0; i < 20; i += 1) await pass(500);
  await living;
  await relay.close();
  const closing = cloud.close();
  for (let i = 0; i < 20; i += 1) await pass(500);
  await closing;
});

it.each(["both", "toCloud", "toBoard"] as const)(
  "cut %s: the cloud sees the board gone within 35 s, the agent dials anew, and is back soon on a whole wire",
  async (direction) => {
    // As long as bytes flow, nobody is taken for gone, however little is said.
    for (let i = 0; i < 45; i += 1) await pass(1_000);
    const dialled = relay.taken();
    expect([isConnected(), await shown()]).toEqual([true, "online"]);

    relay.swallow(direction);
    const noticed = { gone: 0, anew: 0 };
    for (let seconds = 1; seconds <= 40; seconds += 1) {
      await pass(1_000);
      if (!isConnected()) noticed.gone ||= seconds;
      if (relay.taken() > dialled) noticed.anew ||= seconds;
    }
    // Two silent periods of 14 s, and for the agent its first pause.
    expect(noticed.gone).toBeGreaterThan(13);
    expect(noticed.gone).toBeLessThanOrEqual(29);
    expect(noticed.anew).toBeGreaterThan(13);
    expect(noticed.anew).toBeLessThanOrEqual(30);
    await pass(1_000);
    expect(await shown()).toBe("offline");

    relay.swallow(undefined);
    // What it dials at the moment may still wait for an answer that was swallowed.
    await passUntil(isConnected, 20_000);
    await pass(1_000);
    expect(await shown()).toBe("online");
  },
);
