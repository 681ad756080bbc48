// What one session can make the router say to another is bounded: by what the other asked for, its pace, and what it has not read.
import { systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import type { ClientSession } from "../client/client-session.ts";
import { joinRealm } from "../client/join.ts";
import { isWampError, wampErrors } from "../error.ts";
import type { Message } from "../messages/message.ts";
import { linkedPeers, type Peer } from "../peer.ts";
import { MAX_BUFFERED_BYTES } from "../transport.ts";
import { createRouter, type Router } from "./router.ts";
import type { SessionLimits } from "./session-info.ts";

const aRouter = (): Router =>
  createRouter(
    { realms: [{ name: "r", authenticators: [], authorize: () => "allow" }] },
    { clock: systemClock, random: Math.random },
  );

interface Joined {
  readonly session: ClientSession;
  /** Says something that the client would not. */
  say(message: Message): void;
  /** What the router said to it. */
  readonly told: Message[];
}

const join = async (
  router: Router,
  limits: Partial<SessionLimits> = {},
  waitingBytes = () => 0,
): Promise<Joined> => {
  const [near, far] = linkedPeers();
  const told: Message[] = [];
  const seen: Peer = {
    get bufferedAmount() {
      return waitingBytes();
    },
    send: (message) => {
      told.push(message);
      far.send(message);
    },
    close: (code, reason) => far.close(code, reason),
    listen: (listener) => far.listen(listener),
  };
  router.attach(seen, { trustedAs: { authid: "a", authrole: "a" }, limits });
  const session = await joinRealm(near, { realm: "r" }, { clock: systemClock });
  return { session, told, say: (message) => near.send(message) };
};
const uriOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "resolved",
    (error: unknown) => (isWampError(error) ? error.uri : String(error)),
  );
const soon = () => new Promise((resolve) => setTimeout(resolve, 10));

it("a call that is killed again and again interrupts its callee once", async () => {
  const router = aRouter();
  const [caller, callee] = [await join(router), await join(router)];
  await callee.session.register("a.b", () => new Promise(() => {}));
  const call = caller.session.call("a.b");
  await expect.poll(() => router.realmCounts("r")?.calls).toBe(1);
  const cancel = (mode: string) =>
    caller.say({ kind: "cancel", request: 1, options: { mode } } as Message);
  for (let i = 0; i < 1_000; i += 1) cancel("kill");
  await soon();
  const interrupts = () => callee.told.filter(({ kind }) => kind === "interrupt").length;
  expect(interrupts()).toBe(1);
  // Who does not want to wait any more still need not.
  cancel("killnowait");
  expect(await uriOf(call)).toBe(wampErrors.canceled);
  expect(interrupts()).toBe(2);
});

/** A callee that sends so many results before the last one. */
const whatComesOf = async (
  results: number,
  callee: Partial<SessionLimits>,
  callerLags = () => 0,
) => {
  const router = aRouter();
  const caller = await join(router, {}, callerLags);
  const other = await join(router, callee);
  let interrupted = 0;
  await other.session.register("a.b", ({ progress, signal }) => {
    signal.addEventListener("abort", () => {
      interrupted += 1;
    });
    for (let i = 0; i < results; i += 1) progress?.({ args: [i] });
  });
  let heard = 0;
  const onProgress = () => {
    heard += 1;
  };
  const uri = await uriOf(caller.session.call("a.b", { onProgress }));
  await soon();
  return { uri, heard, interrupted, counts: router.realmCounts("r") };
};

it("results before the last one come at the pace of their callee, or the call ends", async () => {
  const limits = { requestsPerSecond: 5 };
  // The registration was one.
  expect(await whatComesOf(4, limits)).toMatchObject({ uri: "resolved", heard: 4 });
  expect(await whatComesOf(50, limits)).toMatchObject({
    ...{ uri: wampErrors.unavailable, heard: 4 },
    counts: { calls: 0, invocations: 0, sessions: 2 },
  });
  expect(await whatComesOf(50, {})).toMatchObject({ uri: "resolved", heard: 50 });
});

it("a caller that falls behind the results that it asked for loses its call, and not its session", async () => {
  expect(await whatComesOf(3, {}, () => MAX_BUFFERED_BYTES + 1)).toMatchObject({
    ...{ uri: wampErrors.unavailable, heard: 0 },
    counts: { calls: 0, sessions: 2 },
  });
  expect(await whatComesOf(0, {}, () => MAX_BUFFERED_BYTES + 1)).toMatchObject({
    uri: "resolved",
  });
});
