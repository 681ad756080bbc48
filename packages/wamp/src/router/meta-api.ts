// The procedures by which a realm tells about itself (WAMP: Session, Registration and Subscription Meta API). They answer within the
// caller's turn. Whoever may call them is the authorizer's to say: a realm has them only if its owner wants them.
import { wampErrors } from "../error.ts";
import { isId } from "../ids.ts";
import type { Dict, Payload } from "../messages/message.ts";
import { isUri, type MatchPolicy } from "../uri.ts";
import { type Admission, matchOf } from "./admission.ts";
import type { Broker } from "./broker.ts";
import type { Member, Refusal } from "./member.ts";
import type { RegistrationRecord, Registrations } from "./registrations.ts";
import type { Subscription } from "./subscription.ts";
import { testamentProcedures } from "./testament-api.ts";
import type { Testaments } from "./testaments.ts";

/** Answers one of them, with values or a refusal. */
export type MetaProcedure = (payload: Payload, caller: Member) => Payload | Refusal;

/** The procedures of a realm. */
export interface MetaProcedures {
  find(procedure: string): MetaProcedure | undefined;
}

/** What they tell about. */
export interface MetaWorld {
  readonly members: ReadonlyMap<number, Member>;
  readonly registrations: Registrations;
  readonly broker: Broker;
  readonly testaments: Testaments;
  readonly admit: Admission;
}

/** The topics of a realm's own events. */
export const metaTopics: ReadonlySet<string> = new Set([
  ...["on_join", "on_leave"].map((what) => `wamp.session.${what}`),
  ...["on_create", "on_register", "on_unregister", "on_delete"].map(
    (what) => `wamp.registration.${what}`,
  ),
  ...["on_create", "on_subscribe", "on_unsubscribe", "on_delete"].map(
    (what) => `wamp.subscription.${what}`,
  ),
]);

/** A session as others are told of it. */
export const sessionDetailsOf = ({ info }: Member): Dict => ({
  session: info.id,
  authid: info.authid,
  authrole: info.authrole,
  authmethod: info.authmethod,
  authprovider: "static",
});

const value = (result: unknown): Payload => ({ args: [result] });
const refusal = (uri: string, message: string): Refusal => ({ uri, message });
const noSession = refusal(wampErrors.noSuchSession, "There is no such session.");
const noRegistration = refusal(wampErrors.noSuchRegistration, "There is no such registration.");
const noSubscription = refusal(wampErrors.noSuchSubscription, "There is no such subscription.");
const wrong = (what: string): Refusal => refusal(wampErrors.invalidArgument, what);

const textOf = (given: unknown): string | undefined =>
  typeof given === "string" ? given : undefined;

/** Why sessions are ended, as their ender says it. */
const killOf = ({ kwargs }: Payload): { reason: string; message: string } | undefined => {
  const reason = kwargs?.reason ?? wampErrors.normal;
  if (typeof reason !== "string" || !isUri(reason, "loose")) return undefined;
  return { reason, message: textOf(kwargs?.message) ?? "" };
};

const sessionProcedures = ({ members }: MetaWorld): Readonly<Record<string, MetaProcedure>> => {
  const listed = ({ args }: Payload): Member[] => {
    const roles = args?.[0];
    const all = [...members.values()];
    return Array.isArray(roles) ? all.filter(({ info }) => roles.includes(info.authrole)) : all;
  };
  const killAll = (payload: Payload, who: (member: Member) => boolean): Payload | Refusal => {
    const kill = killOf(payload);
    if (!kill) return refusal(wampErrors.invalidUri, "The reason is not a URI.");
    const killed = [...members.values()].filter(who);
    for (const member of killed) member.end(kill.reason, kill.message);
    return value(killed.length);
  };
  return {
    "wamp.session.count": (payload) => value(listed(payload).length),
    "wamp.session.list": (payload) => value(listed(payload).map(({ info }) => info.id)),
    "wamp.session.get": ({ args }) => {
      const member = members.get(Number(args?.[0]));
      return member ? value(sessionDetailsOf(member)) : noSession;
    },
    "wamp.session.kill": (payload, caller) => {
      const member = members.get(Number(payload.args?.[0]));
      // Nobody ends itself by this way: it has GOODBYE.
      if (!member || member === caller) return noSession;
      const kill = killOf(payload);
      if (!kill) return refusal(wampErrors.invalidUri, "The reason is not a URI.");
      member.end(kill.reason, kill.message);
      return {};
    },
    "wamp.session.kill_by_authid": (payload, caller) =>
      killAll(payload, (one) => one !== caller && one.info.authid === payload.args?.[0]),
    "wamp.session.kill_by_authrole": (payload, caller) =>
      killAll(payload, (one) => one !== caller && one.info.authrole === payload.args?.[0]),
    "wamp.session.kill_all": (payload, caller) => killAll(payload, (one) => one !== caller),
  };
};

/** Why something is taken away: a word or two for whom it is taken from. */
const reasonOf = ({ kwargs, args }: Payload): string =>
  textOf(kwargs?.reason) ?? textOf(args?.[2]) ?? wampErrors.notAuthorized;

interface Patterned {
  readonly id: number;
  readonly match: MatchPolicy;
}

const idsByMatch = (all: readonly Patterned[]): Payload => {
  const of = (match: MatchPolicy) => all.filter((one) => one.match === match).map(({ id }) => id);
  return value({ exact: of("exact"), prefix: of("prefix"), wildcard: of("wildcard") });
};

/** `lookup(uri, options)`: the URI and the policy that were asked for. */
const lookupOf = ({ args }: Payload): { uri: string; match: MatchPolicy } | undefined => {
  const [uri, options] = args ?? [];
  const match = matchOf((options ?? {}) as Dict);
  return typeof uri === "string" && typeof match === "string" ? { uri, match } : undefined;
};

const byId = <T>(find: (id: number) => T | undefined, { args }: Payload): T | undefined => {
  const id = args?.[0];
  return isId(id) ? find(id) : undefined;
};

const registrationProcedures = ({
  registrations,
}: MetaWorld): Readonly<Record<string, MetaProcedure>> => {
  const found = (payload: Payload) => byId((id) => registrations.byId(id), payload);
  const callees = ({ offers }: RegistrationRecord) => offers.map(({ callee }) => callee.info.id);
  return {
    "wamp.registration.list": () => idsByMatch(registrations.list()),
    "wamp.registration.lookup": (payload) => {
      const asked = lookupOf(payload);
      if (!asked) return wrong("A URI and a policy, please.");
      return value(registrations.byPattern(asked.uri, asked.match)?.id ?? null);
    },
    "wamp.registration.match": ({ args }) =>
      value(registrations.find(textOf(args?.[0]) ?? "")?.id ?? null),
    "wamp.registration.get": (payload) => {
      const record = found(payload);
      if (!record) return noRegistration;
      const { id, createdMs, pattern, match, invoke } = record;
      const created = new Date(createdMs).toISOString();
      return value({ id, created, uri: pattern, match, invoke });
    },
    "wamp.registration.list_callees": (payload) => {
      const record = found(payload);
      return record ? value(callees(record)) : noRegistration;
    },
    "wamp.registration.count_callees": (payload) => {
      const record = found(payload);
      return record ? value(record.offers.length) : noRegistration;
    },
    "wamp.registration.remove_callee": (payload) => {
      const record = found(payload);
      if (!record) return noRegistration;
      const offer = record.offers.find(({ callee }) => callee.info.id === payload.args?.[1]);
      if (!offer) return noSession;
      registrations.revoke(offer.callee, record, reasonOf(payload));
      return {};
    },
  };
};

const subscriptionProcedures = ({ broker }: MetaWorld): Readonly<Record<string, MetaProcedure>> => {
  const found = (payload: Payload) => byId((id) => broker.byId(id), payload);
  const followers = ({ members }: Subscription) => [...members].map(({ info }) => info.id);
  return {
    "wamp.subscription.list": () => idsByMatch(broker.list()),
    "wamp.subscription.lookup": (payload) => {
      const asked = lookupOf(payload);
      if (!asked) return wrong("A URI and a policy, please.");
      return value(broker.byPattern(asked.uri, asked.match)?.id ?? null);
    },
    "wamp.subscription.match": ({ args }) =>
      value(broker.listMatches(textOf(args?.[0]) ?? "").map(({ id }) => id)),
    "wamp.subscription.get": (payload) => {
      const subscription = found(payload);
      if (!subscription) return noSubscription;
      const { id, createdMs, pattern, match } = subscription;
      return value({ id, created: new Date(createdMs).toISOString(), uri: pattern, match });
    },
    "wamp.subscription.list_subscribers": (payload) => {
      const subscription = found(payload);
      return subscription ? value(followers(subscription)) : noSubscription;
    },
    "wamp.subscription.count_subscribers": (payload) => {
      const subscription = found(payload);
      return subscription ? value(subscription.members.size) : noSubscription;
    },
    "wamp.subscription.remove_subscriber": (payload) => {
      const subscription = found(payload);
      if (!subscription) return noSubscription;
      const member = [...subscription.members].find(({ info }) => info.id === payload.args?.[1]);
      if (!member) return noSession;
      broker.revoke(member, subscription, reasonOf(payload));
      return {};
    },
  };
};

/** The meta procedures of a realm. */
export const metaProcedures = (world: MetaWorld): Readonly<Record<string, MetaProcedure>> => ({
  ...sessionProcedures(world),
  ...registrationProcedures(world),
  ...subscriptionProcedures(world),
  ...testamentProcedures(world.testaments, world.admit),
});
