import {
  type ArgsOf,
  CONTRACT,
  cloudProcedures,
  cloudUri,
  encodeEnrolment,
  fromHex,
  LINK_REALM,
  type ReportBatch,
  type SimulationPlan,
} from "@s4t/contract";
import { seeded, silentLog } from "@s4t/kit";
import {
  type Authenticator,
  createRouter,
  joinRealm,
  jsonCodec,
  linkedPeers,
  openPeer,
} from "@s4t/wamp";
import { describe, expect, it } from "vitest";
import { createVirtualClock, createVirtualNetwork } from "../test/virtual.ts";
import { createSimulation } from "./compose.ts";
import { openForgetful } from "./identities.ts";
import { createMeter } from "./meter.ts";

const { targetGet } = cloudProcedures;
const hex = (index: number): string => `0192f0a0000070008000${String(index).padStart(12, "0")}`;
const uuidOf = (index: number): string => fromHex(hex(index)) ?? "";

/** Believes every board, whoever it says that it is: keys are drawn by the machine, and no seed gives the same again. */
const believing = (method: string, timeMs: () => number): Authenticator => ({
  method,
  start: (request) => {
    // An enrolment's code is the number of its board; it comes with the answer to a challenge.
    if (method === "ticket") return { kind: "challenge", extra: {}, pending: {} };
    return welcomed(request.authid ?? "", timeMs());
  },
  finish: (_request, _pending, { signature }) => welcomed(signature, timeMs()),
});
const welcomed = (authid: string, timeMs: number) => ({
  kind: "welcome" as const,
  principal: {
    authid,
    authrole: "board",
    authextra: {
      ...{ board: fromHex(authid) ?? "", name: authid, epoch: 1, contract: CONTRACT, timeMs },
      project: "p",
    },
  },
});

/** Plays a city of so many boards for a while; answers what its cloud heard, line by line, and the meter. */
const play = async (seed: number, options: { boards: number; seconds: number; churn: number }) => {
  const clock = createVirtualClock();
  const heard: string[] = [];
  const note = (what: string): void => {
    heard.push(`${clock.monotonicMs().toFixed(3)} ${what}`);
  };
  const router = createRouter(
    {
      realms: [
        {
          name: LINK_REALM,
          authenticators: [believing("cryptosign", clock.now), believing("ticket", clock.now)],
          authorize: () => "allow",
          onJoin: ({ authid }) => note(`${authid} joins`),
          onLeave: ({ authid }, reason) => note(`${authid} leaves ${reason}`),
        },
      ],
    },
    { clock, random: seeded(seed + 1) },
  );
  const [near, far] = linkedPeers();
  router.attach(far, { trustedAs: { authid: "cloud", authrole: "cloud" } });
  const cloud = await joinRealm(near, { realm: LINK_REALM }, { clock });
  await cloud.register(
    "s4t.cloud.",
    ({ procedure, args, caller }) => {
      const who = router.findSession(LINK_REALM, caller?.session ?? 0)?.authid;
      if (procedure === cloudUri(targetGet)) {
        const { jobsAfter } = args[0] as ArgsOf<typeof targetGet>;
        note(`${who} asks for its target after ${jobsAfter}`);
        return {
          args: [{ target: { revision: 1, sections: {} }, jobs: [], moreJobs: false }],
        };
      }
      const { seq, sentAtMs, rows } = args[0] as ReportBatch;
      note(`${who} reports at ${sentAtMs} ${JSON.stringify(rows)}`);
      return { args: [{ acked: seq + rows.length - 1 }] };
    },
    { match: "prefix", discloseCaller: true },
  );
  const uuids = Array.from({ length: options.boards }, (_, index) => uuidOf(index));
  const plan: SimulationPlan = {
    url: "http://city.test",
    boards: uuids.map((uuid, index) => ({ uuid, name: `board-${index}`, seed: seed + index })),
    churn: { perSecond: options.churn, seed },
  };
  const meter = createMeter(clock);
  const simulation = createSimulation(plan, {
    ...{ clock, log: silentLog, meter },
    identities: openForgetful(uuids),
    network: createVirtualNetwork(clock, seeded(seed + 2), (end) =>
      router.attach(openPeer(end, jsonCodec)),
    ),
  });
  const life = new AbortController();
  const enrolment = (index: number): string =>
    encodeEnrolment({ url: plan.url, code: hex(index), ca: null });
  const playing = simulation.play(
    Object.fromEntries(uuids.map((uuid, index) => [uuid, enrolment(index)])),
    life.signal,
  );
  await clock.pass(options.seconds * 1_000);
  const progress = meter.progress();
  life.abort();
  await clock.pass(5_000);
  await playing;
  return { heard, progress };
};

describe("a simulated city in memory", () => {
  const options = { boards: 12, seconds: 300, churn: 0.5 };

  it("is the same again with the same seed, every message at its time, and another with another", async () => {
    const [one, same, other] = [
      await play(41, options),
      await play(41, options),
      await play(42, options),
    ];
    expect(one.heard.length).toBeGreaterThan(200);
    expect(same.heard).toEqual(one.heard);
    expect(same.progress).toEqual(one.progress);
    expect(other.heard).not.toEqual(one.heard);
  });

  it("brings everybody back who drops, however it was lost", async () => {
    const { progress, heard } = await play(7, { boards: 20, seconds: 600, churn: 1 });
    const { drops, back, firstJoin, ended } = progress;
    expect([firstJoin.count, ended]).toEqual([20, 0]);
    for (const kind of ["cut", "silent", "clean"] as const) {
      expect(drops[kind]).toBeGreaterThan(20);
      // At most one drop of each board is under way when time is up.
      expect(drops[kind] - back[kind].count).toBeLessThanOrEqual(20);
    }
    // The agent's own pause before a new try, and some for the way.
    expect(back.cut.max ?? 0).toBeLessThan(8_000);
    // It is not told: its keep-alive has to notice.
    expect(back.silent.p50 ?? 0).toBeGreaterThan(20_000);
    expect(heard.some((line) => line.includes("leaves wamp.close.normal"))).toBe(true);
  });
});
