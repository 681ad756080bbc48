// What crosses on its way: a handler that leaves while another one comes, what is given up beside what is wanted; and handlers that
// throw into what the network brought.
import { once } from "node:events";
import { systemClock } from "@s4t/kit";
import { describe, expect, it } from "vitest";
import { wampErrors } from "../error.ts";
import type { Message } from "../messages/message.ts";
import { linkedPeers, type Peer } from "../peer.ts";
import { createRouter, type RealmOptions } from "../router/router.ts";
import type { ClientSession, JoinOptions } from "./client-session.ts";
import { joinRealm } from "./join.ts";

const deps = { clock: systemClock };
const aWorld = (realm: Partial<RealmOptions> = {}) => {
  const router = createRouter(
    { realms: [{ name: "r", authenticators: [], authorize: () => "allow", ...realm }] },
    { clock: systemClock, random: Math.random },
  );
  return {
    router,
    counts: () => router.realmCounts("r"),
    join(options: Partial<JoinOptions> = {}): Promise<ClientSession> {
      const [near, far] = linkedPeers();
      router.attach(far, { trustedAs: { authid: "x", authrole: "y" } });
      return joinRealm(near, { realm: "r", ...options }, deps);
    },
  };
};
const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "resolved",
    (error: unknown) => (error as { uri?: string }).uri ?? String(error),
  );

describe("a topic that is followed twice here", () => {
  it("is still followed when one handler leaves while the other comes", async () => {
    const { join, counts } = aWorld();
    const [publisher, session] = [await join(), await join()];
    const heard: string[] = [];
    const first = await session.subscribe("a.topic", () => heard.push("first"));
    const coming = session.subscribe("a.topic", () => heard.push("second"));
    await first.unsubscribe();
    const second = await coming;
    await publisher.publish("a.topic");
    expect(heard).toEqual(["second"]);
    await second.unsubscribe();
    expect(counts()).toMatchObject({ subscriptions: 0, followers: 0 });
  });

  it("is still followed when one was given up on its way", async () => {
    const { join, counts } = aWorld();
    const [publisher, session] = [await join(), await join()];
    let heard = 0;
    const controller = new AbortController();
    const given = session.subscribe("a.topic", () => {}, { signal: controller.signal });
    const wanted = session.subscribe("a.topic", () => {
      heard += 1;
    });
    controller.abort(new TypeError("not any more"));
    expect(await outcome(given)).toContain("not any more");
    const subscription = await wanted;
    await publisher.publish("a.topic");
    expect(heard).toBe(1);
    await subscription.unsubscribe();
    expect(counts()).toMatchObject({ subscriptions: 0 });
  });

  it("is given back when nobody follows it in the end, however that came about", async () => {
    let allowed = 1;
    const { join, counts } = aWorld({
      authorize: () => {
        allowed -= 1;
        return allowed >= 0 ? "allow" : "deny";
      },
    });
    const session = await join();
    const first = await session.subscribe("a.topic", () => {});
    // The second is refused, and the first has left by then.
    const refused = session.subscribe("a.topic", () => {});
    await first.unsubscribe();
    expect(await outcome(refused)).toBe(wampErrors.notAuthorized);
    await expect.poll(counts).toMatchObject({ subscriptions: 0 });
    // Both are given up.
    allowed = 3;
    const controller = new AbortController();
    const { signal } = controller;
    const both = [1, 2].map(() => session.subscribe("a.topic", () => {}, { signal }));
    controller.abort(new TypeError("not any more"));
    await Promise.all(both.map(outcome));
    await session.publish("a.topic");
    await expect.poll(counts).toMatchObject({ subscriptions: 0 });
  });

  it("is let go of once: who left before, or lost it, asks nothing of the router", async () => {
    const { join } = aWorld();
    const session = await join();
    const first = await session.subscribe("a.topic", () => {});
    await first.unsubscribe();
    expect(await outcome(first.unsubscribe())).toBe("resolved");
  });
});

it("a shared registration that is taken back and made again in one breath is answered", async () => {
  const { join } = aWorld();
  const [other, session] = [await join(), await join()];
  const shared = { invoke: "last" } as const;
  await other.register("a.who", () => ({ args: ["other"] }), shared);
  const first = await session.register("a.who", () => ({ args: ["first"] }), shared);
  const [, second] = await Promise.all([
    first.unregister(),
    session.register("a.who", () => ({ args: ["second"] }), shared),
  ]);
  expect(second.id).toBe(first.id);
  expect((await other.call("a.who")).args).toEqual(["second"]);
});

describe("whatever waits", () => {
  it("is given up on its signal, and done all the same", async () => {
    const { join, counts } = aWorld();
    const session = await join();
    const subscription = await session.subscribe("a.topic", () => {});
    const registration = await session.register("a.who", () => {});
    for (const work of [
      (signal: AbortSignal) => subscription.unsubscribe(signal),
      (signal: AbortSignal) => registration.unregister(signal),
      (signal: AbortSignal) => session.close(undefined, signal),
    ]) {
      const controller = new AbortController();
      const waiting = work(controller.signal);
      controller.abort(new TypeError("no time"));
      expect(await outcome(waiting)).toContain("no time");
    }
    await session.closed;
    expect(counts()).toMatchObject({ subscriptions: 0, registrations: 0 });
  });

  it("joins nothing on a signal that is aborted already, and lets go of what it was given", async () => {
    const ends: unknown[] = [];
    const peer: Peer = {
      send: (message: Message) => ends.push(message),
      close: (code) => ends.push(code),
      listen() {},
    };
    const signal = AbortSignal.abort(new TypeError("too late"));
    expect(await outcome(joinRealm(peer, { realm: "r", signal }, deps))).toContain("too late");
    expect(ends).toEqual([1000]);
  });
});

describe("a handler that throws", () => {
  const aPair = async (options: Partial<JoinOptions> = {}) => {
    const world = aWorld();
    return { ...world, other: await world.join(), session: await world.join(options) };
  };

  it("of events, of progress, of a revocation is told of, and everybody else hears what came", async () => {
    const thrown: unknown[] = [];
    const onHandlerError = (error: unknown) => thrown.push(error);
    const { other, session } = await aPair({ onHandlerError });
    const heard: unknown[] = [];
    await session.subscribe("a.topic", ({ args }) => {
      throw `event ${args[0]}`;
    });
    await session.subscribe("a.topic", () => Promise.reject("later"));
    await session.subscribe("a.topic", ({ args }) => heard.push(args[0]));
    await other.register("a.steps", ({ progress }) => {
      progress?.({ args: [1] });
      return { args: ["done"] };
    });
    const sent = [1, 2].map((n) => other.publish("a.topic", { args: [n] }));
    await Promise.all(sent);
    const onProgress = () => {
      throw "progress";
    };
    expect((await session.call("a.steps", { onProgress })).args).toEqual(["done"]);
    expect(heard).toEqual([1, 2]);
    expect(thrown.map(String).sort()).toEqual(
      ["event 1", "event 2", "later", "later", "progress"].sort(),
    );
  });

  it("is a warning of the process, where nobody asked to be told", async () => {
    const { other, session } = await aPair();
    await session.subscribe("a.topic", () => {
      throw new TypeError("nobody expects this");
    });
    const warned = once(process, "warning");
    await other.publish("a.topic");
    expect(String((await warned)[0])).toContain("nobody expects this");
    expect(await outcome(session.publish("a.topic"))).toBe("resolved");
  });

  it("while an error is put into WAMP's words still ends the call", async () => {
    const thrown: unknown[] = [];
    const { other, session } = await aPair({
      mapError: () => {
        throw "no words";
      },
      onHandlerError: (error) => thrown.push(error),
    });
    await session.register("a.fails", () => {
      throw new TypeError("secret");
    });
    expect(await outcome(other.call("a.fails"))).toBe(wampErrors.runtimeError);
    expect(thrown).toEqual(["no words"]);
  });

  it("on a revocation keeps nobody from hearing of it", async () => {
    const [near, far] = linkedPeers();
    const thrown: unknown[] = [];
    const joining = joinRealm(
      near,
      { realm: "r", onHandlerError: (error) => thrown.push(error) },
      deps,
    );
    const said: Message[] = [];
    far.listen({
      onMessage: (message) => {
        said.push(message);
        if (message.kind === "hello")
          far.send({ kind: "welcome", session: 1, details: { roles: {} } });
        if (message.kind === "subscribe")
          far.send({ kind: "subscribed", request: message.request, subscription: 9 });
      },
      ...{ onUnknown() {}, onInvalid() {}, onClose() {} },
    });
    const session = await joining;
    const reasons: string[] = [];
    const onRevoked = () => {
      throw "revoked";
    };
    const first = await session.subscribe("a.topic", () => {}, { onRevoked });
    await session.subscribe("a.topic", () => {}, { onRevoked: (why) => reasons.push(why) });
    far.send({
      kind: "unsubscribed",
      request: 0,
      details: { subscription: 9, reason: "it.is.enough" },
    });
    await expect.poll(() => reasons).toEqual(["it.is.enough"]);
    expect(thrown).toEqual(["revoked"]);
    await first.unsubscribe();
    expect(said.map(({ kind }) => kind)).toEqual(["hello", "subscribe", "subscribe"]);
  });
});
