import { systemClock } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { isWampError, WampError, wampErrors } from "../error.ts";
import { linkedPeers } from "../peer.ts";
import { createRouter, type RealmOptions, type Router } from "../router/router.ts";
import type { SessionLimits } from "../router/session-info.ts";
import type { ClientSession } from "./client-session.ts";
import { joinRealm } from "./join.ts";

const aRouter = (realm: Partial<RealmOptions> = {}): Router =>
  createRouter(
    { realms: [{ name: "s4t", authenticators: [], authorize: () => "allow", ...realm }] },
    { clock: systemClock, random: Math.random },
  );

const aSession = (
  router: Router,
  authid: string,
  limits: Partial<SessionLimits> = {},
): Promise<ClientSession> => {
  const [near, far] = linkedPeers();
  router.attach(far, { trustedAs: { authid, authrole: "tester" }, limits });
  return joinRealm(near, { realm: "s4t" }, { clock: systemClock });
};

const uriOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "resolved",
    (error: unknown) => (isWampError(error) ? error.uri : String(error)),
  );

describe("calls", () => {
  it("reach the callee with arguments and come back with its result", async () => {
    const router = aRouter();
    const [caller, callee] = [await aSession(router, "caller"), await aSession(router, "callee")];
    await callee.register("com.example.add", ({ args, kwargs }) => ({
      args: [Number(args[0]) + Number(args[1])],
      kwargs,
    }));
    const result = await caller.call("com.example.add", { args: [2, 3], kwargs: { unit: "m" } });
    expect(result).toEqual({ args: [5], kwargs: { unit: "m" } });
  });

  it("under a prefix tell the callee which procedure was called, and by whom when disclosed", async () => {
    const router = aRouter();
    const [caller, callee] = [await aSession(router, "caller"), await aSession(router, "callee")];
    await callee.register(
      "s4t.board.0011.",
      ({ procedure, caller: who }) => ({ args: [procedure, who] }),
      { match: "prefix", discloseCaller: true },
    );
    const { args } = await caller.call("s4t.board.0011.power.reboot");
    expect(args).toEqual([
      "s4t.board.0011.power.reboot",
      { session: caller.id, authid: "caller", authrole: "tester" },
    ]);
  });

  it("fail with the error, arguments and keywords that the handler threw", async () => {
    const router = aRouter();
    const [caller, callee] = [await aSession(router, "caller"), await aSession(router, "callee")];
    await callee.register("com.example.bake", () => {
      throw new WampError("com.example.too-hot", "Too hot.", {
        args: ["Too hot."],
        kwargs: { celsius: 260 },
      });
    });
    const error = await caller.call("com.example.bake").catch((e: unknown) => e);
    expect(error).toMatchObject({
      uri: "com.example.too-hot",
      message: "Too hot.",
      kwargs: { celsius: 260 },
    });
  });

  it("tell nothing of what a handler threw that is no WAMP error", async () => {
    const router = aRouter();
    const [caller, callee] = [await aSession(router, "caller"), await aSession(router, "callee")];
    await callee.register("com.example.leak", () => {
      throw new RangeError("password is hunter2");
    });
    const error = await caller.call("com.example.leak").catch((e: unknown) => e);
    expect(error).toMatchObject({ uri: wampErrors.runtimeError });
    expect(JSON.stringify(error)).not.toContain("hunter2");
  });

  it("given up by signal reject at once, and the handler's signal aborts", async () => {
    const router = aRouter();
    const [caller, callee] = [await aSession(router, "caller"), await aSession(router, "callee")];
    const started = Promise.withResolvers<AbortSignal>();
    await callee.register("com.example.slow", ({ signal }) => {
      started.resolve(signal);
      return new Promise(() => {});
    });
    const controller = new AbortController();
    const call = caller.call("com.example.slow", { signal: controller.signal });
    const signal = await started.promise;
    controller.abort(new WampError("com.example.bored", "Enough."));
    expect(await uriOf(call)).toBe("com.example.bored");
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(signal.reason).toMatchObject({ uri: wampErrors.canceled });
    expect(router.realmCounts("s4t")).toMatchObject({ calls: 0, invocations: 0 });
  });

  it("time out at the router, and the callee knew how long it had", async () => {
    const router = aRouter();
    const [caller, callee] = [await aSession(router, "caller"), await aSession(router, "callee")];
    let knewMs: number | undefined;
    let reason: unknown;
    await callee.register("com.example.slow", ({ timeoutMs, signal }) => {
      knewMs = timeoutMs;
      signal.addEventListener("abort", () => {
        reason = signal.reason;
      });
      return new Promise(() => {});
    });
    expect(await uriOf(caller.call("com.example.slow", { timeoutMs: 20 }))).toBe(
      wampErrors.timeout,
    );
    expect(knewMs).toBe(20);
    await Promise.resolve();
    expect(reason).toMatchObject({ uri: wampErrors.timeout });
  });

  it("break with canceled when the callee leaves, and its procedure is gone", async () => {
    const router = aRouter();
    const [caller, callee] = [await aSession(router, "caller"), await aSession(router, "callee")];
    const started = Promise.withResolvers<void>();
    await callee.register("com.example.slow", () => {
      started.resolve();
      return new Promise(() => {});
    });
    const call = uriOf(caller.call("com.example.slow"));
    await started.promise;
    await callee.close();
    expect(await call).toBe(wampErrors.canceled);
    expect(await uriOf(caller.call("com.example.slow"))).toBe(wampErrors.noSuchProcedure);
  });

  it("of a caller that leaves are interrupted at the callee", async () => {
    const router = aRouter();
    const [caller, callee] = [await aSession(router, "caller"), await aSession(router, "callee")];
    const started = Promise.withResolvers<AbortSignal>();
    await callee.register("com.example.slow", ({ signal }) => {
      started.resolve(signal);
      return new Promise(() => {});
    });
    const call = uriOf(caller.call("com.example.slow"));
    const signal = await started.promise;
    await caller.close();
    expect(await call).toBe(wampErrors.networkFailure);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(router.realmCounts("s4t")).toMatchObject({ calls: 0, invocations: 0, sessions: 1 });
  });

  it("beyond a session's limit are refused, the others answered", async () => {
    const router = aRouter();
    const caller = await aSession(router, "caller", { pendingCalls: 2 });
    const callee = await aSession(router, "callee", { registrations: 1 });
    const gate = Promise.withResolvers<void>();
    await callee.register("com.example.slow", () => gate.promise);
    const calls = [1, 2, 3].map(() => uriOf(caller.call("com.example.slow")));
    expect(await calls[2]).toBe(wampErrors.unavailable);
    gate.resolve();
    expect(await Promise.all(calls.slice(0, 2))).toEqual(["resolved", "resolved"]);
    expect(await uriOf(callee.register("com.example.more", () => {}))).toBe(wampErrors.unavailable);
  });
});

describe("the authorizer", () => {
  it("sees who asks for what, and what it denies is not done", async () => {
    const asked: unknown[] = [];
    const router = aRouter({
      authorize: (session, action, uri, options) => {
        asked.push([session.authid, action, uri, options.match]);
        return action === "register" && uri !== "s4t.board.0011." ? "deny" : "allow";
      },
    });
    const board = await aSession(router, "board");
    await board.register("s4t.board.0011.", () => {}, { match: "prefix" });
    expect(await uriOf(board.register("s4t.board.0022.", () => {}, { match: "prefix" }))).toBe(
      wampErrors.notAuthorized,
    );
    expect(asked).toEqual([
      ["board", "register", "s4t.board.0011.", "prefix"],
      ["board", "register", "s4t.board.0022.", "prefix"],
    ]);
  });

  it("is not even asked about reserved URIs, prefixes that reach them, or what is no URI", async () => {
    const router = aRouter();
    const session = await aSession(router, "x");
    for (const uri of ["wamp.session.on_join", "w", "wamp.", "wam"])
      expect(await uriOf(session.subscribe(uri, () => {}, { match: "prefix" }))).toBe(
        wampErrors.invalidUri,
      );
    expect(await uriOf(session.call("Com.Example"))).toBe(wampErrors.invalidUri);
    expect(await uriOf(session.call("com..example"))).toBe(wampErrors.invalidUri);
  });
});

describe("events", () => {
  it("reach exact and prefix subscribers, once each, but not the publisher", async () => {
    const router = aRouter();
    const [a, b] = [await aSession(router, "a"), await aSession(router, "b")];
    const heard: string[] = [];
    await b.subscribe("com.example.rain", ({ topic, args }) =>
      heard.push(`exact ${topic} ${args[0]}`),
    );
    await b.subscribe("com.example.", ({ topic }) => heard.push(`prefix ${topic}`), {
      match: "prefix",
    });
    await a.subscribe("com.example.rain", () => heard.push("publisher"));
    await a.publish("com.example.rain", { args: [7] });
    await a.publish("com.other");
    expect(heard).toEqual(["exact com.example.rain 7", "prefix com.example.rain"]);
  });

  it("stop after unsubscribe, while another handler of the same topic goes on", async () => {
    const router = aRouter();
    const [a, b] = [await aSession(router, "a"), await aSession(router, "b")];
    const heard: string[] = [];
    const first = await b.subscribe("com.example.rain", () => heard.push("first"));
    const second = await b.subscribe("com.example.rain", () => heard.push("second"));
    await first.unsubscribe();
    await a.publish("com.example.rain");
    await second.unsubscribe();
    await a.publish("com.example.rain");
    expect(heard).toEqual(["second"]);
    expect(router.realmCounts("s4t")).toMatchObject({ subscriptions: 0, followers: 0 });
  });
});

describe("a session", () => {
  it("ended by the router's owner tells the client why", async () => {
    const router = aRouter();
    const session = await aSession(router, "board");
    expect(router.endSession("s4t", session.id, wampErrors.killed, "Superseded.")).toBe(true);
    expect(await session.closed).toMatchObject({
      reason: wampErrors.killed,
      message: "Superseded.",
    });
    expect(router.listSessions("s4t")).toEqual([]);
    expect(await uriOf(session.call("com.example.x"))).toBe(wampErrors.networkFailure);
  });

  it("is announced to the realm's owner when it joins and when everything of it is gone", async () => {
    const story: string[] = [];
    const router = aRouter({
      onJoin: ({ authid }) => story.push(`join ${authid}`),
      onLeave: ({ authid }, reason) => story.push(`leave ${authid} ${reason}`),
    });
    const session = await aSession(router, "board");
    await session.close();
    expect(story).toEqual(["join board", "leave board wamp.close.normal"]);
  });

  it("of a router that closes ends with system_shutdown, and nobody new gets in", async () => {
    const router = aRouter();
    const session = await aSession(router, "board");
    router.close();
    expect((await session.closed).reason).toBe(wampErrors.systemShutdown);
    expect(await uriOf(aSession(router, "late"))).toBe(wampErrors.systemShutdown);
  });
});

describe("what a client may ask for", () => {
  const aPair = async () => {
    const router = aRouter();
    return [await aSession(router, "caller"), await aSession(router, "callee")] as const;
  };

  it("results before the last one, while somebody waits for them", async () => {
    const [caller, callee] = await aPair();
    let late: (() => void) | undefined;
    await callee.register("com.example.steps", ({ progress }) => {
      for (const step of [1, 2]) progress?.({ args: [step] });
      late = () => progress?.({ args: ["late"] });
      return { args: [progress ? "done" : "nobody asked"] };
    });
    const heard: unknown[] = [];
    const onProgress = ({ args }: { args: readonly unknown[] }) => heard.push(args[0]);
    expect((await caller.call("com.example.steps", { onProgress })).args).toEqual(["done"]);
    late?.();
    expect((await caller.call("com.example.steps")).args).toEqual(["nobody asked"]);
    expect(heard).toEqual([1, 2]);
  });

  it("an abort that waits for what the callee makes of it, or does not tell the callee", async () => {
    const [caller, callee] = await aPair();
    const interrupted: string[] = [];
    await callee.register(
      "com.example.slow",
      ({ args, signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            interrupted.push(String(args[0]));
            resolve({ args: ["stopped"] });
          });
        }),
    );
    const abort = async (cancelMode: "skip" | "kill" | "killnowait") => {
      const controller = new AbortController();
      const options = { args: [cancelMode], cancelMode, signal: controller.signal };
      const call = caller.call("com.example.slow", options).then(
        ({ args }) => args[0],
        () => "aborted",
      );
      await Promise.resolve();
      controller.abort();
      return call;
    };
    expect(await abort("kill")).toBe("stopped");
    expect(await abort("skip")).toBe("aborted");
    expect(await abort("killnowait")).toBe("aborted");
    await expect.poll(() => interrupted).toEqual(["kill", "killnowait"]);
  });

  it("registrations and subscriptions that are given up leave nothing behind in the router", async () => {
    const router = aRouter();
    const session = await aSession(router, "callee");
    const giveUp = async (ask: (signal: AbortSignal) => Promise<unknown>) => {
      const controller = new AbortController();
      const asked = ask(controller.signal);
      controller.abort(new WampError(wampErrors.canceled, "Given up."));
      expect(await uriOf(asked)).toBe(wampErrors.canceled);
    };
    await giveUp((signal) => session.register("com.example.add", () => {}, { signal }));
    await giveUp((signal) => session.subscribe("com.example.topic", () => {}, { signal }));
    await giveUp((signal) => session.publish("com.example.topic", { signal }));
    await expect
      .poll(() => router.realmCounts("s4t"))
      .toMatchObject({ registrations: 0, subscriptions: 0 });
  });

  it("events for some, with the publisher's name", async () => {
    const router = aRouter();
    const [publisher, a, b] = [
      await aSession(router, "publisher"),
      await aSession(router, "a"),
      await aSession(router, "b"),
    ];
    const heard: unknown[] = [];
    for (const [name, session] of Object.entries({ a, b }))
      await session.subscribe(
        "com..topic",
        ({ topic, args, publisher: by }) => heard.push([name, topic, args[0], by?.authid]),
        { match: "wildcard" },
      );
    await publisher.publish("com.x.topic", { args: [1], exclude: [a.id], discloseMe: true });
    await publisher.publish("com.y.topic", { args: [2], eligibleAuthids: ["a"] });
    await publisher.publish("com.y.topic", { args: [3], excludeAuthroles: ["tester"] });
    await expect
      .poll(() => heard)
      .toEqual([
        ["b", "com.x.topic", 1, "publisher"],
        ["a", "com.y.topic", 2, undefined],
      ]);
  });
});

describe("a realm's own procedures", () => {
  it("are there where the realm has them, and the authorizer is asked", async () => {
    const closed = await aSession(aRouter(), "curious");
    expect(await uriOf(closed.call("wamp.session.count"))).toBe(wampErrors.invalidUri);
    expect(await uriOf(closed.subscribe("wamp.session.on_join", () => {}))).toBe(
      wampErrors.invalidUri,
    );
    const guarded = await aSession(
      aRouter({
        metaApi: true,
        authorize: (_s, _a, uri) => (uri.includes("kill") ? "deny" : "allow"),
      }),
      "curious",
    );
    expect((await guarded.call("wamp.session.count")).args).toEqual([1]);
    expect(await uriOf(guarded.call("wamp.session.kill_all"))).toBe(wampErrors.notAuthorized);
    expect(await uriOf(guarded.call("wamp.session.nonsense"))).toBe(wampErrors.invalidUri);
  });
});

describe("the pace of a session", () => {
  it("is held by the router, and others do not notice", async () => {
    const router = aRouter();
    const [eager, calm] = [
      await aSession(router, "eager", { requestsPerSecond: 5 }),
      await aSession(router, "calm"),
    ];
    await calm.register("com.example.add", () => ({ args: [1] }));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => uriOf(eager.call("com.example.add"))),
    );
    expect(outcomes.filter((one) => one === "resolved")).toHaveLength(5);
    expect(outcomes.filter((one) => one === wampErrors.unavailable)).toHaveLength(15);
    expect(await uriOf(calm.call("com.example.add"))).toBe("resolved");
    await expect.poll(() => uriOf(eager.call("com.example.add"))).toBe("resolved");
  });
});
