// Arguments that come in parts, from the caller's program to the callee's and back.
import { systemClock } from "@s4t/kit";
import { expect, it } from "vitest";
import { isWampError, WampError, wampErrors } from "../error.ts";
import type { Dict, Message, Payload } from "../messages/message.ts";
import { linkedPeers, type Peer } from "../peer.ts";
import { MAX_WAITING_FOR_PARTS } from "../router/call-parts.ts";
import { createRouter, type Router } from "../router/router.ts";
import type { SessionLimits } from "../router/session-info.ts";
import {
  type CallHandler,
  type ClientSession,
  MAX_UNREAD_PARTS,
  MAX_UNSENT_BYTES,
} from "./client-session.ts";
import { joinRealm } from "./join.ts";

const waiting = (peer: Peer, bytes: (() => number) | undefined): Peer => ({
  get bufferedAmount() {
    return bytes?.() ?? 0;
  },
  send: (message) => peer.send(message),
  close: (code, reason) => peer.close(code, reason),
  listen: (listener) => peer.listen(listener),
});
const aRouter = (): Router =>
  createRouter(
    { realms: [{ name: "r", authenticators: [], authorize: () => "allow" }] },
    { clock: systemClock, random: Math.random },
  );
/** A session; `waits` tells how much of its own the network has not taken, `lags` how much of what it is told. */
const join = (
  router: Router,
  how: { limits?: Partial<SessionLimits>; lags?: () => number; waits?: () => number } = {},
): Promise<ClientSession> => {
  const [near, far] = linkedPeers();
  router.attach(waiting(far, how.lags), {
    trustedAs: { authid: "a", authrole: "a" },
    ...(how.limits ? { limits: how.limits } : {}),
  });
  return joinRealm(waiting(near, how.waits), { realm: "r" }, { clock: systemClock });
};
type How = Parameters<typeof join>[1];
const aPair = async (handler: CallHandler, how: How = {}, calleeHow: How = {}) => {
  const router = aRouter();
  const [caller, callee] = [await join(router, how), await join(router, calleeHow)];
  await callee.register("x.take", handler);
  return { router, caller, callee };
};
const uriOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "resolved",
    (error: unknown) => (isWampError(error) ? error.uri : String(error)),
  );
const soon = () => new Promise((resolve) => setTimeout(resolve, 10));
const sum: CallHandler = async ({ args: [first], more }) => {
  let total = Number(first);
  for await (const { args } of more ?? []) total += Number(args[0]);
  return { args: [total] };
};

it("are read by the handler while they come, the returned one last", async () => {
  const heard: unknown[] = [];
  const gate = Promise.withResolvers<void>();
  const { router, caller } = await aPair(async ({ args, more, progress }) => {
    heard.push(args[0]);
    for await (const {
      args: [value],
      kwargs,
    } of more ?? []) {
      heard.push([value, kwargs]);
      progress?.({ args: [value] });
    }
    return { args: [heard.length] };
  });
  async function* chunks() {
    yield { args: ["one"] };
    await gate.promise;
    yield { args: ["two"], kwargs: { at: 2 } };
    return { args: ["last"] };
  }
  const answer = caller.call("x.take", {
    args: ["name"],
    more: chunks(),
    // The callee has read the first one before the second is made.
    onProgress: ({ args }) => args[0] === "one" && gate.resolve(),
  });
  expect((await answer).args).toEqual([4]);
  expect(heard).toEqual(["name", ["one", {}], ["two", { at: 2 }], ["last", {}]]);
  expect(router.realmCounts("r")).toMatchObject({ calls: 0, invocations: 0 });
});

it("may be any list, and their end need carry nothing", async () => {
  const { caller, callee } = await aPair(sum);
  const more = [{ args: [2] }, { args: [3] }];
  expect((await caller.call("x.take", { args: [1], more })).args).toEqual([6]);
  expect((await caller.call("x.take", { args: [1], more: [] })).args).toEqual([1]);
  await callee.register("x.plain", ({ more: none }) => ({ args: [none === undefined] }));
  expect((await caller.call("x.plain")).args).toEqual([true]);
});

it("end with the call: who answers early is sent no more, and their maker cleans up", async () => {
  const { caller } = await aPair(() => ({ args: ["enough"] }));
  let isClean = false;
  async function* endless() {
    try {
      for (;;) {
        await soon();
        yield { args: [1] };
      }
    } finally {
      isClean = true;
    }
  }
  expect((await caller.call("x.take", { more: endless() })).args).toEqual(["enough"]);
  await expect.poll(() => isClean).toBe(true);
  // What crossed the answer is nothing new, for nobody.
  expect((await caller.call("x.take")).args).toEqual(["enough"]);
});

it.each(["skip", "kill", "killnowait"] as const)(
  "given up by %s stop, and whoever reads them hears it",
  async (cancelMode) => {
    const ended = Promise.withResolvers<unknown>();
    const { router, caller } = await aPair(async ({ more }) => {
      try {
        for await (const _part of more ?? []);
      } catch (error) {
        ended.resolve(error);
        throw error;
      }
    });
    const controller = new AbortController();
    let made = 0;
    async function* chunks() {
      for (;;) {
        made += 1;
        yield { args: [made] };
        await soon();
        if (made === 3) controller.abort(new WampError("x.bored", "Enough."));
      }
    }
    const options = { more: chunks(), signal: controller.signal, cancelMode };
    expect(await uriOf(caller.call("x.take", options))).toBe(
      cancelMode === "kill" ? wampErrors.canceled : "x.bored",
    );
    expect(await ended.promise).toMatchObject({ uri: wampErrors.canceled });
    await soon();
    expect(made).toBeLessThanOrEqual(4);
    expect(router.realmCounts("r")).toMatchObject({ calls: 0, invocations: 0 });
  },
);

it("that cannot be made give the call up, with what their maker threw", async () => {
  const reason = Promise.withResolvers<unknown>();
  const { router, caller } = await aPair(({ signal }) => {
    signal.addEventListener("abort", () => reason.resolve(signal.reason));
    return new Promise(() => {});
  });
  async function* broken(): AsyncGenerator<Payload> {
    yield { args: [1] };
    throw new RangeError("no such file");
  }
  expect(await uriOf(caller.call("x.take", { more: broken() }))).toBe("RangeError: no such file");
  expect(await reason.promise).toMatchObject({ uri: wampErrors.canceled });
  expect(router.realmCounts("r")).toMatchObject({ calls: 0 });
});

it("end when the caller or the callee leaves", async () => {
  const ended = Promise.withResolvers<unknown>();
  const { router, caller, callee } = await aPair(({ more }) =>
    sumOrError(more).then((error) => {
      ended.resolve(error);
      return {};
    }),
  );
  const other = await join(router);
  async function* silent(): AsyncGenerator<Payload> {
    await new Promise(() => {});
  }
  const lost = uriOf(caller.call("x.take", { more: silent() }));
  await soon();
  await caller.close();
  expect(await lost).toBe(wampErrors.networkFailure);
  expect(await ended.promise).toMatchObject({ uri: wampErrors.canceled });
  const broken = uriOf(other.call("x.take", { more: silent() }));
  await soon();
  await callee.close();
  expect(await broken).toBe(wampErrors.canceled);
});
const sumOrError = async (more: AsyncIterable<unknown> | undefined): Promise<unknown> => {
  try {
    for await (const _part of more ?? []);
    return "whole";
  } catch (error) {
    return error;
  }
};

it("time out as one call", async () => {
  const { caller } = await aPair(sum);
  async function* slow() {
    for (;;) {
      await soon();
      yield { args: [1] };
    }
  }
  expect(await uriOf(caller.call("x.take", { args: [0], more: slow(), timeoutMs: 40 }))).toBe(
    wampErrors.timeout,
  );
});

it("that nobody reads end the call when too many wait", async () => {
  const gate = Promise.withResolvers<AbortSignal>();
  const { router, caller } = await aPair(({ signal }) => {
    gate.resolve(signal);
    return new Promise(() => {});
  });
  function* flood() {
    for (let i = 0; i < 3 * MAX_UNREAD_PARTS; i += 1) yield { args: [i] };
  }
  expect(await uriOf(caller.call("x.take", { more: flood() }))).toBe(wampErrors.unavailable);
  expect((await gate.promise).aborted).toBe(true);
  expect(router.realmCounts("r")).toMatchObject({ calls: 0, invocations: 0 });
  const big = [1, 2, 3].map(() => ({ args: ["x".repeat(900_000)] }));
  expect(await uriOf(caller.call("x.take", { more: big }))).toBe(wampErrors.unavailable);
});

it("count as requests of their caller's pace, and end where there are too many", async () => {
  const { router, caller } = await aPair(sum, { limits: { requestsPerSecond: 5 } });
  const more = Array.from({ length: 10 }, () => ({ args: [1] }));
  expect(await uriOf(caller.call("x.take", { args: [1], more }))).toBe(wampErrors.unavailable);
  expect(router.realmCounts("r")).toMatchObject({ calls: 0, invocations: 0 });
});

it("end the call, not the callee's session, when the callee reads too slowly", async () => {
  let lag = 0;
  const { router, caller } = await aPair(sum, {}, { lags: () => lag });
  async function* chunks() {
    yield { args: [1] };
    await soon();
    lag = MAX_WAITING_FOR_PARTS + 1;
    yield { args: [1] };
  }
  expect(await uriOf(caller.call("x.take", { args: [0], more: chunks() }))).toBe(
    wampErrors.unavailable,
  );
  expect(router.realmCounts("r")).toMatchObject({ sessions: 2, calls: 0, invocations: 0 });
  // Whole calls are as they always were.
  expect((await caller.call("x.take", { args: [7] })).args).toEqual([7]);
});

it("wait while the network has not taken those before", async () => {
  let waiting = MAX_UNSENT_BYTES + 1;
  const { caller } = await aPair(sum, { waits: () => waiting });
  let made = 0;
  function* chunks() {
    for (; made < 3; ) {
      made += 1;
      yield { args: [1] };
    }
  }
  const call = caller.call("x.take", { args: [0], more: chunks() });
  await soon();
  expect(made).toBe(0);
  waiting = 0;
  expect((await call).args).toEqual([3]);
});

it("that still come when the callee has answered are nothing new", async () => {
  const [near, far] = linkedPeers();
  const told: Message[] = [];
  const invoke = (request: number, details: Dict) =>
    far.send({ kind: "invocation", request, registration: 9, details, args: [request] });
  far.listen({
    onMessage(message) {
      told.push(message);
      if (message.kind === "hello") far.send({ kind: "welcome", session: 1, details: {} });
      if (message.kind === "register")
        far.send({ kind: "registered", request: message.request, registration: 9 });
    },
    ...{ onUnknown() {}, onInvalid() {}, onClose() {} },
  });
  const session = await joinRealm(near, { realm: "r" }, { clock: systemClock });
  const called: unknown[] = [];
  await session.register("x.take", ({ args }) => {
    called.push(args[0]);
    return {};
  });
  invoke(1, { progress: true });
  await soon();
  for (const details of [{ progress: true }, {}]) invoke(1, details);
  invoke(2, {});
  await soon();
  expect(called).toEqual([1, 2]);
  expect(told.filter(({ kind }) => kind === "yield")).toHaveLength(2);
});

it("are not sent to a router that does not take them", async () => {
  const [near, far] = linkedPeers();
  const told: Message[] = [];
  far.listen({
    onMessage(message) {
      told.push(message);
      if (message.kind === "hello") far.send({ kind: "welcome", session: 1, details: {} });
    },
    ...{ onUnknown() {}, onInvalid() {}, onClose() {} },
  });
  const session = await joinRealm(near, { realm: "r" }, { clock: systemClock });
  expect(await uriOf(session.call("x.take", { more: [] }))).toBe(wampErrors.featureNotSupported);
  expect(told.map(({ kind }) => kind)).toEqual(["hello"]);
});
