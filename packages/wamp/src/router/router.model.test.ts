// Broker and dealer against a reference that is too simple to be wrong: lists, searched from end to end. Random turns with a
// printed seed; after each turn both must have said the same to everybody, and hold as much.
import { systemClock } from "@s4t/kit";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Message } from "../messages/message.ts";
import type { Member } from "./member.ts";
import { Realm } from "./realm.ts";
import { defaultSessionLimits } from "./session-info.ts";

const sessions = [0, 1, 2, 3];
const uris = ["a.b", "a.b.c", "a.bc", "d"];
const patterns = [
  ...uris.map((uri) => ({ uri, match: "exact" as const })),
  ...["a.", "a.b", "a.b.", "d"].map((uri) => ({ uri, match: "prefix" as const })),
  ...["a.", ".b", "a..c", "..c", ".b.", "a.b."].map((uri) => ({
    uri,
    match: "wildcard" as const,
  })),
];
const policies = ["single", "first", "last", "roundrobin"] as const;
type Match = (typeof patterns)[number]["match"];

type Turn =
  | { do: "register" | "subscribe"; who: number; pattern: number; invoke: number }
  | {
      do: "unregister" | "unsubscribe" | "answer" | "progress" | "fail";
      who: number;
      pick: number;
    }
  | { do: "call" | "begin" | "publish"; who: number; uri: number; list: EventList; whom: number[] }
  | { do: "part"; who: number; pick: number; isLast: boolean }
  | { do: "cancel"; who: number; pick: number; mode: "skip" | "kill" | "killnowait" }
  | { do: "leave"; who: number };

const eventLists = ["none", "exclude", "eligible", "exclude_authid", "eligible_authrole"] as const;
type EventList = (typeof eventLists)[number];

const who = fc.constantFrom(...sessions);
const pick = fc.nat(5);
const anyTurn: fc.Arbitrary<Turn> = fc.oneof(
  fc.record({
    do: fc.constantFrom("register", "subscribe"),
    who,
    pattern: fc.nat(patterns.length - 1),
    invoke: fc.nat(policies.length - 1),
  }),
  fc.record({
    do: fc.constantFrom("unregister", "unsubscribe", "answer", "progress", "fail"),
    who,
    pick,
  }),
  fc.record({
    do: fc.constantFrom("call", "call", "begin", "begin", "publish"),
    who,
    uri: fc.nat(uris.length - 1),
    list: fc.constantFrom(...eventLists),
    whom: fc.subarray([...sessions]),
  }),
  fc.record({ do: fc.constant("part" as const), who, pick, isLast: fc.boolean() }),
  fc.record({ do: fc.constant("part" as const), who, pick, isLast: fc.boolean() }),
  fc.record({
    do: fc.constant("cancel" as const),
    who,
    pick,
    mode: fc.constantFrom("skip", "kill", "killnowait"),
  }),
  fc.record({ do: fc.constant("leave" as const), who }),
) as fc.Arbitrary<Turn>;

/** What somebody is told, without ids of the router's own choosing. */
type Told = string;

const summary = (message: Message): Told => {
  switch (message.kind) {
    case "error":
      return `error ${message.requestKind} ${message.error}`;
    case "invocation":
      return `invocation ${message.args?.[0]}${message.details.progress ? ", and more" : ""}`;
    case "result":
      return `${message.details.progress ? "progress" : "result"} ${message.args?.[0]}`;
    case "interrupt":
      return `interrupt ${String(message.options.mode)}`;
    case "event":
      return `event ${message.args?.[0]}`;
    default:
      return message.kind;
  }
};

interface Offer {
  id: number;
  uri: string;
  match: Match;
  invoke: string;
  callees: number[];
  turn: number;
}
interface Follow {
  id: number;
  who: number;
  uri: string;
  match: Match;
}
interface OpenCall {
  caller: number;
  callee: number;
  tag: number;
  /** Parts of its arguments are still to come. */
  goesOn: boolean;
  isStopped: boolean;
}
/** Takes calls, but no arguments in parts. */
const PLAIN = 3;

class Reference {
  offers: Offer[] = [];
  follows: Follow[] = [];
  calls: OpenCall[] = [];
  told: [number, Told][] = [];

  say(to: number, what: Told): undefined {
    this.told.push([to, what]);
  }
  matches = ({ uri: pattern, match }: { uri: string; match: Match }, uri: string) => {
    if (match !== "wildcard") return match === "exact" ? pattern === uri : uri.startsWith(pattern);
    const [wanted, given] = [pattern.split("."), uri.split(".")];
    return wanted.length === given.length && wanted.every((one, i) => !one || one === given[i]);
  };
  best(uri: string): Offer | undefined {
    const found = this.offers.filter((offer) => this.matches(offer, uri));
    const of = (match: Match) => found.filter((offer) => offer.match === match);
    // Which components a wildcard pattern names, as digits: the one that names earlier ones is greater.
    const named = (one: Offer) =>
      one.uri
        .split(".")
        .map((part) => (part ? 1 : 0))
        .join("");
    return (
      of("exact")[0] ??
      of("prefix").sort((a, b) => b.uri.length - a.uri.length)[0] ??
      of("wildcard").sort((a, b) => (named(a) < named(b) ? 1 : -1))[0]
    );
  }
  choose(offer: Offer): number {
    const { callees, invoke } = offer;
    if (invoke === "last") return callees.at(-1) as number;
    if (invoke !== "roundrobin") return callees[0] as number;
    const at = offer.turn % callees.length;
    offer.turn = at + 1;
    return callees[at] as number;
  }
  withdraw(offer: Offer, who: number): undefined {
    const at = offer.callees.indexOf(who);
    offer.callees.splice(at, 1);
    if (at < offer.turn) offer.turn -= 1;
    if (offer.callees.length === 0) this.offers = this.offers.filter((one) => one !== offer);
  }
  leave(gone: number): undefined {
    for (const offer of [...this.offers])
      if (offer.callees.includes(gone)) this.withdraw(offer, gone);
    this.follows = this.follows.filter((follow) => follow.who !== gone);
    for (const call of this.calls.filter(
      ({ caller, callee }) => caller === gone || callee === gone,
    )) {
      if (call.caller === gone && call.callee !== gone)
        this.say(call.callee, "interrupt killnowait");
      if (call.callee === gone && call.caller !== gone)
        this.say(call.caller, "error call wamp.error.canceled");
      this.calls = this.calls.filter((one) => one !== call);
    }
  }
}

class World {
  readonly reference = new Reference();
  #generation = 10;
  readonly told: [number, Told][] = [];
  readonly #realm = new Realm({
    clock: systemClock,
    drawId: () => 1,
    authorize: () => "allow",
    onReserved: () => {},
    onRegister: () => {},
    uriCheck: "strict",
    random: () => 0,
    metaApi: false,
    retainedEvents: 0,
    eventHistory: [],
  });
  readonly #members: Member[] = sessions.map((index) => this.#aMember(index));
  #request = 0;
  /** What the real router gave out, by session. */
  readonly #registrations: number[] = [];
  readonly #subscriptions: number[] = [];
  readonly #invocations: { callee: number; id: number; tag: number }[] = [];
  /** Calls that began in parts, by session: over or not. */
  readonly #begun: { caller: number; tag: number; uri: string; isWhole: boolean }[] = [];
  #last: Message | undefined;

  #aMember(index: number): Member {
    this.#generation += 1;
    return {
      info: {
        id: this.#generation,
        realm: "r",
        authid: String(index),
        authrole: `role-${index % 2}`,
        authmethod: "x",
        principalExtra: {},
        connection: {},
      },
      limits: defaultSessionLimits,
      calleeCancels: true,
      calleeRevokes: true,
      subscriberRevokes: true,
      calleeTimesOut: false,
      callerProgresses: true,
      calleeProgresses: index !== PLAIN,
      waitingBytes: 0,
      end: () => {},
      send: (message) => {
        this.told.push([index, summary(message)]);
        this.#last = message;
        const isSame = (one: { callee: number; id: number }) =>
          message.kind === "invocation" && one.callee === index && one.id === message.request;
        if (message.kind === "invocation" && !this.#invocations.some(isSame))
          this.#invocations.push({
            callee: index,
            id: message.request,
            tag: Number(message.args?.[0]),
          });
      },
    };
  }

  join(): undefined {
    for (const member of this.#members) this.#realm.join(member);
  }

  #receive(index: number, message: Message): undefined {
    expect(this.#realm.receive(this.#members[index] as Member, message)).toBeUndefined();
  }

  step(turn: Turn): undefined {
    this.#request += 1;
    switch (turn.do) {
      case "register":
      case "subscribe":
        return this.#offer(turn.do, turn.who, turn.pattern, policies[turn.invoke] as string);
      case "unregister":
      case "unsubscribe":
        return this.#withdraw(turn.do, turn.who, turn.pick);
      case "call":
      case "begin":
        return this.#call(turn.who, uris[turn.uri] as string, turn.do === "begin");
      case "part":
        return this.#part(turn.who, turn.pick, turn.isLast);
      case "publish":
        return this.#publish(turn.who, uris[turn.uri] as string, turn.list, turn.whom);
      case "answer":
      case "progress":
      case "fail":
        return this.#answer(turn.do, turn.who, turn.pick);
      case "cancel":
        return this.#cancel(turn.who, turn.pick, turn.mode);
      case "leave":
        return this.#leave(turn.who);
    }
  }

  #offer(
    what: "register" | "subscribe",
    who: number,
    patternIndex: number,
    invoke: string,
  ): undefined {
    const pattern = patterns[patternIndex] as (typeof patterns)[number];
    const match = pattern.match === "exact" ? {} : { match: pattern.match };
    const same = (one: { uri: string; match: Match }) =>
      one.uri === pattern.uri && one.match === pattern.match;
    const { reference } = this;
    const request = this.#request;
    if (what === "register") {
      const options = { ...match, invoke };
      this.#receive(who, { kind: "register", request, options, procedure: pattern.uri });
      const offer = reference.offers.find(same);
      if (offer && offer.invoke !== invoke)
        return reference.say(
          who,
          "error register wamp.error.procedure_exists_with_different_invocation_policy",
        );
      if (offer && (invoke === "single" || offer.callees.includes(who)))
        return reference.say(who, "error register wamp.error.procedure_already_exists");
      if (this.#last?.kind !== "registered") throw new Error("REGISTER was not acknowledged");
      const id = this.#last.registration;
      if (offer) expect(id).toBe(offer.id);
      if (offer) offer.callees.push(who);
      else reference.offers.push({ id, ...pattern, invoke, callees: [who], turn: 0 });
      this.#registrations.push(id);
      return reference.say(who, "registered");
    }
    this.#receive(who, { kind: "subscribe", request, options: match, topic: pattern.uri });
    if (this.#last?.kind !== "subscribed") throw new Error("SUBSCRIBE was not acknowledged");
    const id = this.#last.subscription;
    this.#subscriptions.push(id);
    if (!reference.follows.some((one) => same(one) && one.who === who))
      reference.follows.push({ id, who, ...pattern });
    return reference.say(who, "subscribed");
  }

  #withdraw(what: "unregister" | "unsubscribe", who: number, pick: number): undefined {
    const isOffer = what === "unregister";
    // Any id that was ever given out: the own and live ones work, all others are refused.
    const ids = isOffer ? this.#registrations : this.#subscriptions;
    const id = ids[pick % Math.max(1, ids.length)] ?? 77;
    const { reference } = this;
    const offer = isOffer
      ? reference.offers.find((one) => one.id === id && one.callees.includes(who))
      : undefined;
    const at = reference.follows.findIndex((one) => one.who === who && one.id === id);
    if (isOffer)
      this.#receive(who, { kind: "unregister", request: this.#request, registration: id });
    else this.#receive(who, { kind: "unsubscribe", request: this.#request, subscription: id });
    if (isOffer ? !offer : at === -1)
      return reference.say(
        who,
        `error ${what} wamp.error.no_such_${isOffer ? "registration" : "subscription"}`,
      );
    if (offer) reference.withdraw(offer, who);
    else reference.follows.splice(at, 1);
    reference.say(who, isOffer ? "unregistered" : "unsubscribed");
  }

  #call(who: number, uri: string, isInParts: boolean): undefined {
    const tag = this.#request;
    const options = { receive_progress: true, ...(isInParts ? { progress: true } : {}) };
    this.#receive(who, { kind: "call", request: tag, options, procedure: uri, args: [tag] });
    const offer = this.reference.best(uri);
    if (!offer) return this.reference.say(who, "error call wamp.error.no_such_procedure");
    const callee = this.reference.choose(offer);
    // Also where nobody took it: what goes on with it is ignored.
    if (isInParts) this.#begun.push({ caller: who, tag, uri, isWhole: false });
    if (isInParts && callee === PLAIN)
      return this.reference.say(who, "error call wamp.error.feature_not_supported");
    this.reference.calls.push({ caller: who, callee, tag, goesOn: isInParts, isStopped: false });
    this.reference.say(callee, `invocation ${tag}${isInParts ? ", and more" : ""}`);
  }

  /** One part more of any call in parts that has not had its last one, also of one that is over. */
  #part(who: number, pick: number, isLast: boolean): undefined {
    const own = this.#begun.filter(({ caller, isWhole }) => caller === who && !isWhole);
    const begun = own[pick % Math.max(1, own.length)];
    if (!begun) return;
    begun.isWhole = isLast;
    const options = isLast ? {} : { progress: true };
    const { tag, uri: procedure } = begun;
    this.#receive(who, { kind: "call", request: tag, options, procedure, args: [tag] });
    const call = this.reference.calls.find((one) => one.tag === tag);
    if (!call) return;
    call.goesOn = !isLast;
    if (!call.isStopped)
      this.reference.say(call.callee, `invocation ${tag}${isLast ? "" : ", and more"}`);
  }

  #publish(who: number, uri: string, list: EventList, whom: readonly number[]): undefined {
    const tag = this.#request;
    const told: Record<EventList, readonly (string | number)[]> = {
      none: [],
      exclude: whom.map((one) => this.#members[one]?.info.id as number),
      eligible: whom.map((one) => this.#members[one]?.info.id as number),
      exclude_authid: whom.map(String),
      eligible_authrole: [...new Set(whom.map((one) => `role-${one % 2}`))],
    };
    const gets: Record<EventList, (follower: number) => boolean> = {
      none: () => true,
      exclude: (one) => !whom.includes(one),
      eligible: (one) => whom.includes(one),
      exclude_authid: (one) => !whom.includes(one),
      eligible_authrole: (one) => whom.some((other) => other % 2 === one % 2),
    };
    const options = { acknowledge: true, ...(list === "none" ? {} : { [list]: told[list] }) };
    this.#receive(who, { kind: "publish", request: tag, options, topic: uri, args: [tag] });
    for (const follow of this.reference.follows)
      if (follow.who !== who && gets[list](follow.who) && this.reference.matches(follow, uri))
        this.reference.say(follow.who, `event ${tag}`);
    this.reference.say(who, "published");
  }

  #answer(what: "answer" | "progress" | "fail", who: number, pick: number): undefined {
    const own = this.#invocations.filter(({ callee }) => callee === who);
    const invocation = own[pick % Math.max(1, own.length)];
    if (!invocation) return;
    const { id, tag } = invocation;
    if (what !== "fail") {
      const options = what === "progress" ? { progress: true } : {};
      this.#receive(who, { kind: "yield", request: id, options, args: [tag] });
    } else
      this.#receive(who, {
        kind: "error",
        requestKind: "invocation",
        request: id,
        details: {},
        error: "x.y",
      });
    const call = this.reference.calls.find((one) => one.tag === tag);
    if (!call) return;
    if (what === "progress") return this.reference.say(call.caller, `progress ${tag}`);
    this.reference.calls = this.reference.calls.filter((one) => one !== call);
    this.reference.say(call.caller, what === "answer" ? `result ${tag}` : "error call x.y");
  }

  #cancel(who: number, pick: number, mode: "skip" | "kill" | "killnowait"): undefined {
    const own = this.reference.calls.filter(({ caller }) => caller === who);
    const call = own[pick % Math.max(1, own.length)];
    this.#receive(who, { kind: "cancel", request: call?.tag ?? 1, options: { mode } });
    if (!call || (mode === "kill" && call.isStopped)) return;
    if (mode !== "skip") this.reference.say(call.callee, `interrupt ${mode}`);
    else if (call.goesOn) this.reference.say(call.callee, "interrupt killnowait");
    if (mode === "kill") call.isStopped = true;
    if (mode === "kill") return;
    this.reference.calls = this.reference.calls.filter((one) => one !== call);
    this.reference.say(who, "error call wamp.error.canceled");
  }

  #leave(who: number): undefined {
    this.#realm.leave(this.#members[who] as Member);
    this.reference.leave(who);
    // Ids of invocations begin anew with the next session.
    for (let i = this.#invocations.length - 1; i >= 0; i -= 1)
      if (this.#invocations[i]?.callee === who) this.#invocations.splice(i, 1);
    for (let i = this.#begun.length - 1; i >= 0; i -= 1)
      if (this.#begun[i]?.caller === who) this.#begun.splice(i, 1);
    this.#members[who] = this.#aMember(who);
    this.#realm.join(this.#members[who]);
  }

  check(): undefined {
    const sorted = (told: [number, Told][]) => told.map(([to, what]) => `${to} ${what}`).sort();
    expect(sorted(this.told)).toEqual(sorted(this.reference.told));
    this.told.length = 0;
    this.reference.told.length = 0;
    const { offers, follows, calls } = this.reference;
    const topics = new Set(follows.map(({ uri, match }) => `${match} ${uri}`));
    expect(this.#realm.counts()).toEqual({
      sessions: sessions.length,
      registrations: offers.length,
      subscriptions: topics.size,
      followers: follows.length,
      calls: calls.length,
      invocations: calls.length,
      ...{ retainedEvents: 0, pastEvents: 0 },
    });
  }
}

it("broker and dealer say what the simple reference says, turn by turn", () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
  console.log(`router model seed ${seed}`);
  fc.assert(
    fc.property(fc.array(anyTurn, { minLength: 10, maxLength: 60 }), (turns) => {
      const world = new World();
      world.join();
      for (const turn of turns) {
        world.step(turn);
        world.check();
      }
    }),
    { seed, numRuns: 300 },
  );
});
