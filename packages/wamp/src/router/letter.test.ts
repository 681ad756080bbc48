// The letter of the profile where it is easily missed: what is counted, what is left out, what a null stands for.
import { systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import type { ClientSession, RegisterOptions } from "../client/client-session.ts";
import { joinRealm } from "../client/join.ts";
import { jsonCodec } from "../codec/json.ts";
import { isWampError, wampErrors } from "../error.ts";
import { linkedPeers, openPeer } from "../peer.ts";
import type { TransportListener } from "../transport.ts";
import { createRouter, type Router } from "./router.ts";
import type { SessionLimits } from "./session-info.ts";

const aRouter = (random: () => number = Math.random): Router =>
  createRouter(
    { realms: [{ name: "r", authenticators: [], authorize: () => "allow", metaApi: true }] },
    { clock: systemClock, random },
  );
const join = (
  router: Router,
  authid = "a",
  authrole = "a",
  limits: Partial<SessionLimits> = {},
): Promise<ClientSession> => {
  const [near, far] = linkedPeers();
  router.attach(far, { trustedAs: { authid, authrole }, limits });
  return joinRealm(near, { realm: "r" }, { clock: systemClock });
};
const uriOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "resolved",
    (error: unknown) => (isWampError(error) ? error.uri : String(error)),
  );

it("sessions are ended by what they have in common, counted, and told no more than was said", async () => {
  const router = aRouter();
  const killer = await join(router, "ann", "boss");
  const [ann, joe, jim, pat] = [
    await join(router, "ann", "guest"),
    await join(router, "joe", "guest"),
    await join(router, "jim", "guest"),
    await join(router, "pat", "boss"),
  ];
  const { args } = await killer.call("wamp.session.kill_by_authid", { args: ["ann"] });
  expect(args).toEqual([1]);
  expect(await ann.closed).toMatchObject({ reason: wampErrors.normal });
  const told = { reason: "it.is.late", message: "Go home." };
  const roles = await killer.call("wamp.session.kill_by_authrole", {
    ...{ args: ["guest"], kwargs: told },
  });
  expect(roles.args).toEqual([2]);
  for (const session of [joe, jim]) expect(await session.closed).toMatchObject(told);
  expect((await killer.call("wamp.session.kill_all")).args).toEqual([1]);
  expect(await pat.closed).toMatchObject({ reason: wampErrors.normal });
  expect((await killer.call("wamp.session.count")).args).toEqual([1]);
  const wrong = { args: ["guest"], kwargs: { reason: "no uri" } };
  expect(await uriOf(killer.call("wamp.session.kill_by_authrole", wrong))).toBe(
    wampErrors.invalidUri,
  );
});

it("GOODBYE of a session that was ended without a word has none", async () => {
  const router = aRouter();
  const said: string[] = [];
  let heard: TransportListener | undefined;
  router.attach(
    openPeer(
      {
        ...{ bufferedAmount: 0, close() {} },
        send: (frame) => said.push(String(frame)),
        listen: (listener) => {
          heard = listener;
        },
      },
      jsonCodec,
    ),
    { trustedAs: { authid: "a", authrole: "a" } },
  );
  heard?.onMessage('[1,"r",{"roles":{"caller":{}}}]');
  await expect.poll(() => said.length).toBe(1);
  await (await join(router)).call("wamp.session.kill_all");
  expect(said.at(-1)).toBe('[6,{},"wamp.close.normal"]');
});

it("an option that is null is one that is not there", async () => {
  const router = aRouter();
  const said: string[] = [];
  let heard: TransportListener | undefined;
  const other = await join(router);
  await other.register("a.b", () => ({ args: ["answered"] }));
  router.attach(
    openPeer(
      {
        ...{ bufferedAmount: 0, close() {} },
        send: (frame) => said.push(String(frame)),
        listen: (listener) => {
          heard = listener;
        },
      },
      jsonCodec,
    ),
    { trustedAs: { authid: "a", authrole: "a" } },
  );
  const say = async (frame: string): Promise<string> => {
    said.length = 0;
    heard?.onMessage(frame);
    await expect.poll(() => said.length).toBe(1);
    return said[0] ?? "";
  };
  await say('[1,"r",{"roles":{"caller":{},"callee":{},"publisher":{},"subscriber":{}}}]');
  const nulls =
    '"exclude":null,"exclude_authid":null,"eligible":null,"eligible_authrole":null,"exclude_me":null';
  for (const [frame, answer] of [
    ['[48,1,{"timeout":null,"disclose_me":null,"receive_progress":null},"a.b"]', "[50,1,"],
    ['[64,2,{"invoke":null,"match":null,"disclose_caller":null},"a.c"]', "[65,2,"],
    ['[32,3,{"match":null,"get_retained":null},"a.d"]', "[33,3,"],
    [`[16,4,{"acknowledge":true,"retain":null,${nulls}},"a.d"]`, "[17,4,"],
  ] as const)
    expect((await say(frame)).slice(0, answer.length)).toBe(answer);
});

it.each<[NonNullable<RegisterOptions["invoke"]>, readonly string[]]>([
  ["first", ["a", "b", "c"]],
  ["last", ["c", "b", "a"]],
  ["roundrobin", ["a", "b", "c"]],
  ["random", ["b", "c", "a"]],
])("calls of %s go to whoever can take one more, until nobody can", async (invoke, order) => {
  // The middle of those that are free, then the last one of two; never the same number, or no session would find an id.
  let drawn = 0;
  const router = aRouter(() => {
    drawn += 1;
    return 0.5 + drawn / 1_000_000;
  });
  const caller = await join(router);
  const took: string[] = [];
  const endings: (() => void)[] = [];
  for (const name of ["a", "b", "c"]) {
    const callee = await join(router, name, "callee", { pendingInvocations: 1 });
    await callee.register(
      "a.b",
      () => {
        took.push(name);
        return new Promise((resolve) => endings.push(() => resolve({ args: [name] })));
      },
      { invoke },
    );
  }
  const calls = [];
  for (let i = 1; i <= 3; i += 1) {
    calls.push(caller.call("a.b"));
    await expect.poll(() => took.length).toBe(i);
  }
  expect(took).toEqual(order);
  expect(await uriOf(caller.call("a.b"))).toBe(wampErrors.unavailable);
  // Who is free again is called, whoever's turn it is.
  endings[1]?.();
  await calls[1];
  const next = caller.call("a.b");
  await expect.poll(() => took.length).toBe(4);
  expect(took[3]).toBe(order[1]);
  for (const end of endings) end();
  await Promise.all([...calls, next]);
});

it("random calls each of those who share a registration", async () => {
  const router = aRouter();
  const caller = await join(router);
  for (const name of ["a", "b", "c"])
    await (await join(router)).register("a.b", () => ({ args: [name] }), { invoke: "random" });
  const heard: Record<string, number> = {};
  for (let i = 0; i < 300; i += 1) {
    const [name] = (await caller.call("a.b")).args;
    heard[String(name)] = (heard[String(name)] ?? 0) + 1;
  }
  // By chance alone, one of them gets less than 40 of 300 once in ten million runs.
  expect(Object.keys(heard).sort()).toEqual(["a", "b", "c"]);
  expect(Math.min(...Object.values(heard))).toBeGreaterThan(40);
});
