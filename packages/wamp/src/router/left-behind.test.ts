// What outlives the moment: events that are kept, events that sessions leave behind, and what is taken from them.
import { systemClock } from "@s4t/kit";
import { afterEach, expect, it } from "vitest";
import { anonymousAuthenticator } from "../auth/anonymous.ts";
import type { ClientSession } from "../client/client-session.ts";
import { joinRealm } from "../client/join.ts";
import type { Message } from "../messages/message.ts";
import { linkedPeers, type Peer } from "../peer.ts";
import { MAX_RETAINED_BYTES } from "./retained.ts";
import { createRouter, type Router } from "./router.ts";
import { MAX_TESTAMENT_LENGTH, MAX_TESTAMENTS } from "./testaments.ts";

let closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
  closers = [];
});

const aRouter = (retainedEvents = 2): Router => {
  let drawn = 0;
  const router = createRouter(
    {
      realms: [
        {
          ...{ name: "r", metaApi: true, retainedEvents },
          authenticators: [anonymousAuthenticator()],
          authorize: (_session, _action, uri) => (uri.startsWith("no.") ? "deny" : "allow"),
        },
      ],
    },
    {
      clock: systemClock,
      random: () => {
        drawn += 1;
        return drawn / 1_000_000;
      },
    },
  );
  closers.push(() => router.close());
  return router;
};
const join = async (
  router: Router,
  authid?: string,
): Promise<ClientSession & { readonly peer: Peer }> => {
  const [near, far] = linkedPeers();
  router.attach(far, authid === undefined ? {} : { trustedAs: { authid, authrole: "person" } });
  const session = await joinRealm(near, { realm: "r" }, { clock: systemClock });
  return Object.assign(session, { peer: near });
};
/** Topics and first arguments that `session` hears of a pattern, kept ones marked. */
const follow = async (session: ClientSession, topic: string, options = {}): Promise<string[]> => {
  const heard: string[] = [];
  await session.subscribe(
    topic,
    (event) => heard.push(`${event.topic} ${event.args[0]}${event.retained ? " kept" : ""}`),
    options,
  );
  return heard;
};
const soon = () => new Promise((resolve) => setTimeout(resolve, 10));
const uriOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "resolved",
    (error) => error.uri,
  );

it("keeps the last event of a topic for those who ask, patterns too, as long as there is room", async () => {
  const router = aRouter(4);
  const [a, b] = [await join(router, "a"), await join(router, "b")];
  for (const one of [1, 2]) await b.publish(`y.${one}`, { args: [one], retain: true });
  for (const one of [1, 2]) await a.publish("x.a", { args: [one], retain: true });
  await a.publish("x.b", { args: ["b"], retain: true, discloseMe: true });
  expect(await uriOf(a.publish("x.c", { args: ["c"], retain: true }))).toBe(
    "wamp.error.unavailable",
  );
  await a.publish("x.b", { args: ["later"], retain: true });
  const heard = await follow(b, "x.", { match: "prefix", getRetained: true });
  const silent = await follow(b, "x.a");
  await soon();
  expect(heard).toEqual(["x.a 2 kept", "x.b later kept"]);
  expect(silent).toEqual([]);
});

it("keeps no more bytes than it may, and none at all where a realm does not want it", async () => {
  const router = aRouter(1_000);
  const [a, b] = [await join(router, "a"), await join(router, "b")];
  const args = ["x".repeat(MAX_RETAINED_BYTES / 10)];
  for (const one of ["a", "b"]) await a.publish(`x.${one}`, { args, retain: true });
  for (const one of ["e", "f"]) await b.publish(`x.${one}`, { args, retain: true });
  expect(await uriOf(a.publish("x.d", { args, retain: true }))).toBe("wamp.error.unavailable");
  // What gives way makes room.
  await a.publish("x.a", { args: [1], retain: true });
  await a.publish("x.d", { args, retain: true });
  const other = await join(aRouter(0));
  await other.publish("x.a", { args: [1], retain: true });
  const heard = await follow(other, "x.a", { getRetained: true });
  await soon();
  expect(heard).toEqual([]);
});

it("lets the sessions of one authid fill half of it, topics and bytes, also when they are gone", async () => {
  const router = aRouter(4);
  const a = await join(router, "a");
  for (const one of [1, 2]) await a.publish(`x.${one}`, { args: [one], retain: true });
  await a.close();
  const again = await join(router, "a");
  const publish = (session: ClientSession, topic: string, args: unknown[]) =>
    uriOf(session.publish(topic, { args, retain: true }));
  expect(await publish(again, "x.3", [3])).toBe("wamp.error.unavailable");
  const b = await join(router, "b");
  for (const topic of ["x.3", "x.4"]) expect(await publish(b, topic, [1])).toBe("resolved");
  // What another takes over is the other's.
  expect(await publish(b, "x.1", [1])).toBe("wamp.error.unavailable");
  expect(await publish(again, "x.2", ["x".repeat(MAX_RETAINED_BYTES / 4)])).toBe(
    "wamp.error.unavailable",
  );
});

it("weighs the lists of who gets an event with it", async () => {
  const a = await join(aRouter(100), "a");
  const eligible = Array.from({ length: 13_000 }, (_, at) => at + 1);
  const keep = (topic: string, options = {}) =>
    uriOf(a.publish(topic, { args: [1], retain: true, ...options }));
  for (const topic of ["x.1", "x.2", "x.3"])
    expect(await keep(topic, { eligible })).toBe("resolved");
  expect(await keep("x.4", { eligible })).toBe("wamp.error.unavailable");
  expect(await keep("x.4", { exclude: eligible })).toBe("wamp.error.unavailable");
  expect(await keep("x.4")).toBe("resolved");
});

it("clears what is kept by an event that says nothing, which also makes room", async () => {
  const router = aRouter(2);
  const [a, b] = [await join(router, "a"), await join(router, "b")];
  const live = await follow(b, "x.a");
  await a.publish("x.a", { args: ["one"], retain: true });
  expect(await uriOf(a.publish("x.b", { args: ["b"], retain: true }))).toBe(
    "wamp.error.unavailable",
  );
  await a.publish("x.a", { retain: true });
  await a.publish("x.b", { args: ["b"], retain: true });
  const heard = await follow(b, "x.", { match: "prefix", getRetained: true });
  await soon();
  expect(heard).toEqual(["x.b b kept"]);
  expect(live).toEqual(["x.a one", "x.a undefined"]);
});

it("keeps a testament that says so, and tells it where it cannot be kept", async () => {
  const router = aRouter(2);
  const [a, b] = [await join(router, "a"), await join(router, "b")];
  const live = await follow(b, "x.", { match: "prefix" });
  for (const topic of ["x.a", "x.b"])
    await a.call("wamp.session.add_testament", {
      args: [topic, ["gone"], {}],
      kwargs: { publish_options: { retain: true } },
    });
  a.peer.close(1006, "power cut");
  await expect.poll(() => live).toEqual(["x.a gone", "x.b gone"]);
  const heard = await follow(await join(router, "c"), "x.", { match: "prefix", getRetained: true });
  await soon();
  expect(heard).toEqual(["x.a gone kept"]);
});

it("publishes what a session leaves behind, also when it is lost, in order and once", async () => {
  const router = aRouter();
  const [a, b] = [await join(router), await join(router)];
  const heard = await follow(a, "x.last");
  for (const [words, scope] of [
    ["one", "detached"],
    ["two", "destroyed"],
    ["no", "detached"],
  ] as const) {
    if (words === "no")
      expect(
        (await b.call("wamp.session.flush_testaments", { kwargs: { scope: "detached" } })).args,
      ).toEqual([1]);
    await b.call("wamp.session.add_testament", {
      args: ["x.last", [words], {}],
      kwargs: { scope },
    });
  }
  b.peer.close(1006, "power cut");
  await expect.poll(() => heard).toEqual(["x.last two", "x.last no"]);
  await soon();
  expect(heard).toHaveLength(2);
});

it("takes no testament that may not be published, is none, is too long or one too many", async () => {
  const session = await join(aRouter());
  const add = (args: unknown[], kwargs = {}) =>
    uriOf(session.call("wamp.session.add_testament", { args, kwargs }));
  expect(await add(["no.topic", [], {}])).toBe("wamp.error.not_authorized");
  expect(await add(["wamp.x", [], {}])).toBe("wamp.error.invalid_uri");
  expect(await add(["x.a", {}, {}])).toBe("wamp.error.invalid_argument");
  expect(await add(["x.a", [], {}], { scope: "later" })).toBe("wamp.error.invalid_argument");
  expect(await add(["x.a", [], {}], { publish_options: { exclude: 1 } })).toBe(
    "wamp.error.invalid_argument",
  );
  expect(await add(["x.a", ["x".repeat(MAX_TESTAMENT_LENGTH)], {}])).toBe("wamp.error.unavailable");
  for (let i = 0; i < MAX_TESTAMENTS; i += 1) expect(await add(["x.a", [i]])).toBe("resolved");
  expect(await add(["x.a", []])).toBe("wamp.error.unavailable");
});

it("tells who understands it that a registration or subscription was taken, and why", async () => {
  const router = aRouter();
  const [a, b] = [await join(router), await join(router)];
  const taken: string[] = [];
  const { id } = await b.register("x.a", () => ({}), { onRevoked: (why) => taken.push(why) });
  const topic = await b.subscribe("x.b", () => {}, { onRevoked: (why) => taken.push(why) });
  await a.call("wamp.registration.remove_callee", { args: [id, b.id], kwargs: { reason: "x.r" } });
  await a.call("wamp.subscription.remove_subscriber", { args: [topic.id, b.id] });
  await expect.poll(() => taken).toEqual(["x.r", "wamp.error.not_authorized"]);
  expect(await uriOf(a.call("x.a"))).toBe("wamp.error.no_such_procedure");
  expect(router.realmCounts("r")).toMatchObject({ registrations: 0, subscriptions: 0 });
});

it("says nothing of it to who does not announce that it understands", async () => {
  const router = aRouter();
  const a = await join(router);
  const [near, far] = linkedPeers();
  router.attach(far);
  const told: Message[] = [];
  const quiet = { onUnknown() {}, onInvalid() {}, onClose() {} };
  near.listen({ ...quiet, onMessage: (message) => told.push(message) });
  near.send({ kind: "hello", realm: "r", details: { roles: { callee: {} } } });
  await expect.poll(() => told.at(-1)?.kind).toBe("welcome");
  near.send({ kind: "register", request: 1, options: {}, procedure: "x.a" });
  await expect.poll(() => told.at(-1)?.kind).toBe("registered");
  const [welcome, registered] = told as [
    Extract<Message, { kind: "welcome" }>,
    Extract<Message, { kind: "registered" }>,
  ];
  const args = [registered.registration, welcome.session];
  await a.call("wamp.registration.remove_callee", { args });
  await soon();
  expect(told.map(({ kind }) => kind)).toEqual(["welcome", "registered"]);
});
