// Events of the past: which are kept, how long, who gets them, and what may be asked.
import type { Clock } from "@s4t/kit";
import { expect, it } from "vitest";
import type { ClientSession, PublishOptions } from "../client/client-session.ts";
import { pastEvents } from "../client/event-history.ts";
import { joinRealm } from "../client/join.ts";
import { allCodecs } from "../codec/codecs.ts";
import { MAX_ID } from "../ids.ts";
import type { Dict } from "../messages/message.ts";
import { metricsText } from "../node/standalone/metrics.ts";
import { linkedPeers } from "../peer.ts";
import { type HistoryRule, MAX_PAST_DEPTH } from "./event-history.ts";
import { MAX_PAST_EVENTS } from "./history-api.ts";
import { createRouter, type RealmOptions, type Router } from "./router.ts";

/** A clock that is moved by hand, and what waits for it. */
const aClock = () => {
  let ms = 0;
  const waiting = new Set<{ at: number; then: () => void }>();
  const clock: Clock = {
    now: () => Date.UTC(2026, 0, 1) + ms,
    monotonicMs: () => ms,
    after(delayMs, then) {
      const one = { at: ms + delayMs, then };
      waiting.add(one);
      return { cancel: () => waiting.delete(one) };
    },
  };
  const pass = (forMs: number) => {
    ms += forMs;
    for (const one of [...waiting]) if (one.at <= ms && waiting.delete(one)) one.then();
  };
  return { clock, waiting, pass };
};
const get = "wamp.subscription.get_events";
const all: HistoryRule = { uri: "x.", match: "prefix" };

const aWorld = (eventHistory: readonly HistoryRule[], realm: Partial<RealmOptions> = {}) => {
  const time = aClock();
  let drawn = -1;
  const router = createRouter(
    {
      realms: [
        {
          ...{ name: "r", authenticators: [], eventHistory },
          authorize: (session, action, uri) =>
            action === "subscribe" && uri.startsWith("x.secret") && session.authrole !== "admin"
              ? "deny"
              : "allow",
          ...realm,
        },
      ],
    },
    {
      clock: time.clock,
      random: () => {
        drawn += 1;
        return drawn / MAX_ID;
      },
    },
  );
  return { ...time, router };
};
const join = (router: Router, clock: Clock, authrole = "person"): Promise<ClientSession> => {
  const [near, far] = linkedPeers();
  router.attach(far, { trustedAs: { authid: `a ${authrole}`, authrole } });
  return joinRealm(near, { realm: "r" }, { clock });
};
const uriOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "resolved",
    (error) => error.uri,
  );
const follow = (session: ClientSession, topic: string, match: HistoryRule["match"] = "exact") =>
  session.subscribe(topic, () => {}, { match });
const publish = (session: ClientSession, topic: string, value: unknown, options = {}) =>
  session.publish(topic, { args: [value], ...options } as PublishOptions);
/** First arguments of the events that are told. */
const told = async (session: ClientSession, id: number, kwargs: Dict = {}): Promise<unknown[]> => {
  const { args } = await session.call(get, { args: [id], kwargs });
  return args.map((event) => (event as { args?: unknown[] }).args?.[0]);
};

it("are told of a subscription, its own topics alone, as they were", async () => {
  const { router, clock, pass } = aWorld([all]);
  const [a, b] = [await join(router, clock), await join(router, clock)];
  await publish(a, "x.one", 1, { discloseMe: true });
  pass(1_500);
  await a.publish("x.two", { kwargs: { n: 2 } });
  await publish(a, "y.other", 3);
  await a.publish("x.one");
  const [one, wild, prefix] = [
    await follow(b, "x.one"),
    await follow(b, "x.", "prefix"),
    await follow(b, "x..deep", "wildcard"),
  ];
  const { args, kwargs } = await b.call(get, { args: [one.id] });
  expect(args).toEqual([
    {
      ...{ timestamp: "2026-01-01T00:00:00.000Z", subscription: one.id, args: [1] },
      publication: expect.any(Number),
      details: { publisher: a.id, publisher_authid: "a person", publisher_authrole: "person" },
    },
    {
      ...{ timestamp: "2026-01-01T00:00:01.500Z", subscription: one.id },
      ...{ publication: expect.any(Number), details: {} },
    },
  ]);
  expect(kwargs).toEqual({ is_limit_reached: false });
  const details = (await b.call(get, { args: [wild.id] })).args.map(
    (event) => (event as { details: Dict }).details.topic,
  );
  expect(details).toEqual(["x.one", "x.two", "x.one"]);
  expect(await told(b, prefix.id)).toEqual([]);
  // Its own publisher finds them, too.
  expect(await told(a, one.id)).toEqual([1, undefined]);
});

it("are there before anybody follows, and when nobody does any more", async () => {
  const { router, clock } = aWorld([{ uri: "x.one", match: "exact" }], { metaApi: true });
  const a = await join(router, clock);
  await publish(a, "x.one", 1);
  const { args } = await a.call("wamp.subscription.lookup", { args: ["x.one"] });
  const id = Number(args[0]);
  expect(await told(a, id)).toEqual([1]);
  const subscription = await follow(a, "x.one");
  expect(subscription.id).toBe(id);
  await subscription.unsubscribe();
  expect(await told(a, id)).toEqual([1]);
});

it("are as many, as much and as old as their rule says; others go, the oldest first", async () => {
  const { router, clock, pass, waiting } = aWorld([
    { uri: "x.few", match: "exact", maxEvents: 3 },
    { uri: "x.small", match: "exact", maxBytes: 2_000 },
    { uri: "x.young", match: "exact", maxAgeMs: 60_000 },
    { uri: "x.many", match: "exact", maxEvents: 1_200 },
  ]);
  const a = await join(router, clock);
  const idOf = async (topic: string) => (await follow(a, topic)).id;
  const [few, small, young, many] = [
    await idOf("x.few"),
    await idOf("x.small"),
    await idOf("x.young"),
    await idOf("x.many"),
  ];
  for (let i = 1; i <= 5; i += 1) await publish(a, "x.few", i);
  expect(await told(a, few)).toEqual([3, 4, 5]);
  const text = (one: string) => one.repeat(400);
  for (const one of ["a", "b", "c"]) await publish(a, "x.small", text(one));
  expect(await told(a, small)).toEqual([text("b"), text("c")]);
  await publish(a, "x.small", "x".repeat(2_000));
  expect(await told(a, small)).toEqual([text("b"), text("c")]);
  await publish(a, "x.young", 1);
  pass(40_000);
  await publish(a, "x.young", 2);
  pass(19_999);
  expect(await told(a, young)).toEqual([1, 2]);
  pass(1);
  expect(await told(a, young)).toEqual([2]);
  pass(40_000);
  expect(await told(a, young)).toEqual([]);
  for (let i = 1; i <= 4_000; i += 1) await publish(a, "x.many", i, { acknowledge: false });
  expect(await told(a, many, { limit: 2 })).toEqual([2_801, 2_802]);
  expect(await told(a, many, { reverse: true, limit: 2 })).toEqual([4_000, 3_999]);
  // Nothing is waited for where nothing is left, also when nobody asked.
  await publish(a, "x.young", 3);
  pass(30_000);
  await publish(a, "x.young", 4);
  pass(30_000);
  // The first is gone, the second waited for.
  expect(waiting.size).toBe(1);
  pass(30_000);
  expect(waiting.size).toBe(0);
  await publish(a, "x.young", 5);
  router.close();
  await a.closed;
  expect(waiting.size).toBe(0);
});

it("go to nobody who would not have got them then, and those for single sessions are not kept", async () => {
  const { router, clock } = aWorld([all]);
  const [a, admin] = [await join(router, clock), await join(router, clock, "admin")];
  await publish(a, "x.one", "for all", { exclude: null, eligible: null });
  await publish(a, "x.one", "for admins", { eligibleAuthroles: ["admin"] });
  await publish(a, "x.one", "not for admins", { excludeAuthroles: ["admin"] });
  await publish(a, "x.one", "for the admin", { eligibleAuthids: ["a admin"] });
  await publish(a, "x.one", "for one session", { eligible: [a.id, admin.id] });
  await publish(a, "x.one", "not for one session", { exclude: [admin.id] });
  const { id } = await follow(a, "x.one");
  expect(await told(a, id)).toEqual(["for all", "not for admins"]);
  expect(await told(admin, id)).toEqual(["for all", "for admins", "for the admin"]);
});

it("are for those who may call for them and follow the pattern", async () => {
  const { router, clock } = aWorld([all]);
  const [a, admin] = [await join(router, clock), await join(router, clock, "admin")];
  await publish(admin, "x.secret", 1);
  const { id } = await follow(admin, "x.secret");
  expect(await told(admin, id)).toEqual([1]);
  expect(await uriOf(a.call(get, { args: [id] }))).toBe("wamp.error.not_authorized");
  const closed = aWorld([all], {
    authorize: (_session, action) => (action === "call" ? "deny" : "allow"),
  });
  const b = await join(closed.router, closed.clock);
  const own = await follow(b, "x.one");
  expect(await uriOf(b.call(get, { args: [own.id] }))).toBe("wamp.error.not_authorized");
});

it("are not there where not all of a pattern are kept, and in realms that keep none", async () => {
  const { router, clock } = aWorld([all]);
  const a = await join(router, clock);
  const { id } = await follow(a, "y.one");
  expect(await uriOf(a.call(get, { args: [id] }))).toBe("wamp.error.history_unavailable");
  const wide = await follow(a, ".one", "wildcard");
  expect(await uriOf(a.call(get, { args: [wide.id] }))).toBe("wamp.error.history_unavailable");
  for (const args of [[99], ["x"], []])
    expect(await uriOf(a.call(get, { args }))).toBe("wamp.error.no_such_subscription");
  const none = aWorld([]);
  const b = await join(none.router, none.clock);
  expect(await uriOf(b.call(get, { args: [1] }))).toBe("wamp.error.invalid_uri");
  expect(() => aWorld([all, all])).toThrow();
});

it("are none that nobody could read in an answer", async () => {
  const { router, clock } = aWorld([all]);
  const a = await join(router, clock);
  const { id } = await follow(a, "x.one");
  // The list of arguments is one level itself.
  const deep = (levels: number): unknown => (levels === 1 ? "ground" : [deep(levels - 1)]);
  await publish(a, "x.one", deep(MAX_PAST_DEPTH));
  await publish(a, "x.one", deep(MAX_PAST_DEPTH + 1));
  await a.publish("x.one", { kwargs: { way: deep(MAX_PAST_DEPTH + 1) } });
  const { args, kwargs } = await a.call(get, { args: [id] });
  expect(args).toHaveLength(1);
  for (const codec of allCodecs) {
    const frame = codec.encode({ kind: "result", request: 1, details: {}, args, kwargs });
    expect(codec.decode(frame)).toMatchObject({ kind: "result" });
  }
});

it("are also what sessions leave behind", async () => {
  const { router, clock } = aWorld([all], { metaApi: true });
  const [a, b] = [await join(router, clock), await join(router, clock)];
  await a.call("wamp.session.add_testament", { args: ["x.last", ["words"], {}] });
  await a.close();
  const { id } = await follow(b, "x.last");
  expect(await told(b, id)).toEqual(["words"]);
});

it("can be asked for by time, publication, topic, order and number, all of which hold", async () => {
  const { router, clock, pass } = aWorld([all]);
  const a = await join(router, clock);
  for (let i = 0; i < 6; i += 1) {
    await publish(a, i % 2 === 0 ? "x.even" : "x.odd", i);
    pass(1_000);
  }
  const { id } = await follow(a, "x.", "prefix");
  const { args } = await a.call(get, { args: [id] });
  const publications = args.map((event) => (event as { publication: number }).publication);
  const at = (s: number) => `2026-01-01T00:00:0${s}.000Z`;
  const asks: readonly (readonly [Dict, readonly number[]])[] = [
    [{}, [0, 1, 2, 3, 4, 5]],
    [{ reverse: true }, [5, 4, 3, 2, 1, 0]],
    [{ limit: 2 }, [0, 1]],
    [{ limit: 2, reverse: true }, [5, 4]],
    [{ topic: "x.odd" }, [1, 3, 5]],
    [{ from_time: at(4) }, [4, 5]],
    [{ after_time: at(4) }, [5]],
    [{ before_time: at(1) }, [0]],
    [{ until_time: at(1) }, [0, 1]],
    [{ from_time: "2026-01-01T02:00:04+02:00" }, [4, 5]],
    [{ from_publication: publications[4] }, [4, 5]],
    [{ after_publication: publications[4] }, [5]],
    [{ before_publication: publications[1] }, [0]],
    [{ until_publication: publications[1] }, [0, 1]],
    [{ after_publication: publications[1], until_publication: publications[4], limit: 2 }, [2, 3]],
    [{ after_publication: publications[4], before_publication: publications[2] }, []],
    [{ after_time: at(0), topic: "x.even", reverse: true, limit: 1 }, [4]],
    [
      { limit: null, topic: null, from_time: null, from_publication: null, unheard_of: 1 },
      [0, 1, 2, 3, 4, 5],
    ],
  ];
  for (const [kwargs, expected] of asks)
    expect([kwargs, await told(a, id, kwargs)]).toEqual([kwargs, expected]);
  const some = await a.call(get, { args: [id], kwargs: { topic: "x.odd" } });
  expect(some.kwargs).toEqual({ is_limit_reached: false });
  // As Crossbar has it.
  expect((await a.call(get, { args: [id, 1] })).kwargs).toEqual({ is_limit_reached: true });
  for (const kwargs of [
    ...[{ limit: 0 }, { limit: "2" }, { limit: 1.5 }, { reverse: 1 }, { topic: 7 }],
    ...[{ from_time: 7 }, { after_time: "yesterday" }, { until_time: "2026-13-01T00:00:00Z" }],
    ...[{ from_publication: 99_999 }, { after_publication: "x" }, { before_time: "2026-01-01" }],
  ])
    expect([kwargs, await uriOf(a.call(get, { args: [id], kwargs }))]).toEqual([
      kwargs,
      "wamp.error.invalid_argument",
    ]);
});

it("come page by page, forwards and backwards, whatever one answer may hold", async () => {
  const { router, clock } = aWorld([{ ...all, maxEvents: 5_000 }], {
    trust: () => 2,
  });
  const a = await join(router, clock);
  const count = MAX_PAST_EVENTS + 5;
  for (let i = 0; i < count; i += 1) await publish(a, "x.one", i, { acknowledge: false });
  const subscription = await follow(a, "x.one");
  const read = async (options: Parameters<typeof pastEvents>[2]) => {
    const found: unknown[] = [];
    for await (const { args, topic, trustLevel } of pastEvents(a, subscription, options)) {
      expect([topic, trustLevel]).toEqual(["x.one", 2]);
      found.push(args[0]);
    }
    return found;
  };
  const numbers = Array.from({ length: count }, (_, i) => i);
  const most = await a.call(get, { args: [subscription.id], kwargs: { limit: count } });
  expect(most.args).toHaveLength(MAX_PAST_EVENTS);
  expect(most.kwargs).toEqual({ is_limit_reached: true });
  expect(await read({})).toEqual(numbers);
  expect(await read({ reverse: true, pageSize: 400 })).toEqual(numbers.toReversed());
  for (let i = 0; i < 10; i += 1) await publish(a, "x.big", "x".repeat(100_000));
  const big = await follow(a, "x.big");
  const page = await a.call(get, { args: [big.id] });
  expect(page.args.length).toBeLessThan(5);
  let sizes = 0;
  for await (const { args } of pastEvents(a, big)) sizes += String(args[0]).length;
  expect(sizes).toBe(1_000_000);
});

it("are counted, and so are last ones, as long as they are kept", async () => {
  const rules: readonly HistoryRule[] = [
    { ...all, maxAgeMs: 1_000 },
    { uri: "x.one", match: "exact", maxEvents: 1 },
  ];
  const { router, clock, pass } = aWorld(rules, { retainedEvents: 10 });
  const a = await join(router, clock);
  for (const topic of ["x.one", "x.one", "x.two", "y"])
    await publish(a, topic, 1, { acknowledge: true, retain: topic === "y" });
  expect(router.realmCounts("r")).toMatchObject({ retainedEvents: 1, pastEvents: 4 });
  expect(metricsText(router, ["r"], {})).toMatch(
    /^wamp_retained_events\{realm="r"\} 1$[\s\S]*^wamp_past_events\{realm="r"\} 4$/m,
  );
  pass(1_000);
  expect(router.realmCounts("r")).toMatchObject({ retainedEvents: 1, pastEvents: 1 });
  router.close();
});
