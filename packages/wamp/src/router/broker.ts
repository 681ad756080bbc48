// Publish and subscribe within one realm. Every method is one router turn: synchronous, no clock, nothing but messages out.
//
//   SUBSCRIBE   → SUBSCRIBED | ERROR      one subscription a pattern, shared by all who follow it
//   UNSUBSCRIBE → UNSUBSCRIBED | ERROR
//   PUBLISH     → EVENT to every matching subscription; PUBLISHED | ERROR only when `acknowledge` is asked for
import { wampErrors } from "../error.ts";
import type { Dict, Publish, Subscribe, Unsubscribe } from "../messages/message.ts";
import { forwarded, noDetails } from "../messages/payload.ts";
import type { MatchPolicy } from "../uri.ts";
import { type Admission, matchOf } from "./admission.ts";
import { type EventFilter, eventFilterOf } from "./event-filter.ts";
import type { EventHistory } from "./event-history.ts";
import { type Member, sendRefusal, type Violation } from "./member.ts";
import { type MetaEvents, noMetaEvents } from "./meta-events.ts";
import { PatternTable } from "./pattern-table.ts";
import type { RealmCounts } from "./realm.ts";
import { Retained } from "./retained.ts";
import type { Subscription } from "./subscription.ts";
import type { TrustPolicy } from "./trust-levels.ts";

/** What a {@link Broker} leans on. */
export interface BrokerDependencies {
  readonly admit: Admission;
  /** Ids of the global scope, for publications. */
  readonly drawId: () => number;
  readonly nowMs: () => number;
  readonly events?: MetaEvents;
  /** For how many topics the last event can be kept; 0: none is. */
  readonly retainedEvents: number;
  /** Absent where no events of the past are kept. */
  readonly history?: EventHistory;
  /** Absent where events have no level. */
  readonly trust?: TrustPolicy;
}

/** The broker of a realm. */
export class Broker {
  readonly #deps: BrokerDependencies;
  readonly #events: MetaEvents;
  readonly #table = new PatternTable<Subscription>();
  readonly #byId = new Map<number, Subscription>();
  /** Member → the subscriptions that it follows. */
  readonly #followed = new Map<Member, Set<Subscription>>();
  readonly #retained: Retained | undefined;
  #lastId = 0;

  constructor(deps: BrokerDependencies) {
    this.#deps = deps;
    if (deps.retainedEvents > 0) this.#retained = new Retained(deps.retainedEvents);
    this.#events = deps.events ?? noMetaEvents;
    for (const { uri, match } of deps.history?.rules ?? []) this.#open(uri, match, true);
  }

  subscribe(member: Member, { request, topic, options }: Subscribe): Violation {
    const refusal = this.#deps.admit(member, "subscribe", topic, options);
    if (refusal) return sendRefusal(member, "subscribe", request, refusal);
    const match = matchOf(options) as MatchPolicy;
    let subscription = this.#table.get(topic, match);
    const followed = this.#followed.get(member) ?? new Set();
    if (!subscription?.members.has(member) && followed.size >= member.limits.subscriptions)
      return sendRefusal(member, "subscribe", request, {
        uri: wampErrors.unavailable,
        message: `No more than ${member.limits.subscriptions} subscriptions.`,
      });
    const isNew = subscription === undefined;
    subscription ??= this.#open(topic, match, false);
    const wasThere = subscription.members.has(member);
    subscription.members.add(member);
    followed.add(subscription);
    this.#followed.set(member, followed);
    member.send({ kind: "subscribed", request, subscription: subscription.id });
    if (isNew) this.#events.onSubscription("on_create", member, subscription);
    if (!wasThere) this.#events.onSubscription("on_subscribe", member, subscription);
    if (options.get_retained === true) this.#sendRetained(member, subscription);
    return undefined;
  }

  /** Takes it from a follower that did not ask for that, and tells it where it understands. */
  revoke(member: Member, subscription: Subscription, reason: string): void {
    this.#unfollow(member, subscription);
    const details = { subscription: subscription.id, reason };
    if (member.subscriberRevokes) member.send({ kind: "unsubscribed", request: 0, details });
    this.#drop(member, subscription);
  }

  byId(id: number): Subscription | undefined {
    return this.#byId.get(id);
  }

  byPattern(pattern: string, match: MatchPolicy): Subscription | undefined {
    return this.#table.get(pattern, match);
  }

  list(): readonly Subscription[] {
    return [...this.#byId.values()];
  }

  listMatches(topic: string): readonly Subscription[] {
    return this.#table.listMatches(topic);
  }

  unsubscribe(member: Member, { request, subscription: id }: Unsubscribe): Violation {
    const subscription = this.#byId.get(id);
    if (!subscription?.members.has(member))
      return sendRefusal(member, "unsubscribe", request, {
        uri: wampErrors.noSuchSubscription,
        message: "There is no such subscription.",
      });
    this.#unfollow(member, subscription);
    member.send({ kind: "unsubscribed", request });
    this.#drop(member, subscription);
    return undefined;
  }

  publish(member: Member, message: Publish): Violation {
    const { request, topic, options } = message;
    const acknowledged = options.acknowledge === true;
    const refusal = this.#deps.admit(member, "publish", topic, options);
    if (refusal) {
      return acknowledged ? sendRefusal(member, "publish", request, refusal) : undefined;
    }
    const filter = eventFilterOf(options);
    if (typeof filter === "string") {
      const wrong = { uri: wampErrors.invalidArgument, message: filter };
      return acknowledged ? sendRefusal(member, "publish", request, wrong) : undefined;
    }
    const publication = this.distribute(member, message, filter);
    if (publication === undefined) {
      const full = { uri: wampErrors.unavailable, message: "No more events can be kept here." };
      return acknowledged ? sendRefusal(member, "publish", request, full) : undefined;
    }
    if (acknowledged) member.send({ kind: "published", request, publication });
    return undefined;
  }

  /**
   * Sends an event that nothing stands against to all who follow its topic, and keeps it where it says so; answers its id, or
   * undefined where it cannot be kept: then nobody gets it.
   */
  distribute(
    member: Member,
    message: Pick<Publish, "topic" | "options" | "args" | "kwargs" | "source">,
    filter: EventFilter | undefined,
  ): number | undefined {
    const { topic, options } = message;
    const wanted = options.retain === true ? this.#retained : undefined;
    const kept = wanted?.weigh(member.info.authid, message);
    if (wanted && !kept) return undefined;
    const publication = this.#deps.drawId();
    const excluded = options.exclude_me === false ? undefined : member;
    const told = this.#toldOf(member, topic, options);
    this.#deps.history?.record(message, publication, told, filter);
    if (kept) wanted?.keep({ ...kept, topic, publication, publisher: told, filter });
    for (const subscription of this.#table.listMatches(topic)) {
      // One object for all who follow it, so that a codec may encode it once.
      const event = {
        kind: "event",
        subscription: subscription.id,
        publication,
        details: eventDetailsOf(subscription, topic, told),
        ...forwarded(message),
      } as const;
      for (const follower of subscription.members)
        if (follower !== excluded && (filter === undefined || filter(follower)))
          follower.send(event);
    }
    return publication;
  }

  /** An event of the router's own. Only who names its topic gets it: no pattern reaches into the reserved space. */
  publishMeta(topic: string, args: readonly unknown[], except?: Member): void {
    const subscription = this.#table.get(topic, "exact");
    if (!subscription) return;
    const event = {
      kind: "event",
      subscription: subscription.id,
      publication: this.#deps.drawId(),
      details: noDetails,
      args,
    } as const;
    for (const follower of subscription.members) if (follower !== except) follower.send(event);
  }

  /** Forgets a session that left. */
  remove(member: Member): void {
    const followed = this.#followed.get(member);
    this.#followed.delete(member);
    if (followed) for (const subscription of followed) this.#drop(member, subscription);
  }

  /** How much is held; all zero when nobody is there. */
  counts(): Pick<RealmCounts, "subscriptions" | "followers" | "retainedEvents" | "pastEvents"> {
    let followers = 0;
    for (const { members } of this.#byId.values()) followers += members.size;
    return {
      ...{ subscriptions: this.#byId.size, followers },
      retainedEvents: this.#retained?.size ?? 0,
      pastEvents: this.#deps.history?.size ?? 0,
    };
  }

  #open(pattern: string, match: MatchPolicy, isKept: boolean): Subscription {
    this.#lastId += 1;
    const subscription: Subscription = {
      ...{ id: this.#lastId, pattern, match, isKept },
      createdMs: this.#deps.nowMs(),
      members: new Set(),
    };
    this.#table.set(pattern, match, subscription);
    this.#byId.set(subscription.id, subscription);
    return subscription;
  }

  /** What everybody is told of who publishes: who it is, where it wants that, and how far it is trusted. */
  #toldOf(member: Member, topic: string, options: Dict): Dict | undefined {
    const publisher = options.disclose_me === true ? publisherOf(member) : undefined;
    const { trust } = this.#deps;
    if (trust === undefined) return publisher;
    return { ...publisher, trustlevel: trust(member.info, "publish", topic) };
  }

  #sendRetained(member: Member, subscription: Subscription): void {
    const { id, pattern, match } = subscription;
    for (const event of this.#retained?.listMatches(pattern, match) ?? []) {
      const { topic, publication, payload, publisher, filter } = event;
      if (filter !== undefined && !filter(member)) continue;
      const details = { ...eventDetailsOf(subscription, topic, publisher), retained: true };
      member.send({ kind: "event", subscription: id, publication, details, ...payload });
    }
  }

  #unfollow(member: Member, subscription: Subscription): void {
    const followed = this.#followed.get(member);
    followed?.delete(subscription);
    if (followed?.size === 0) this.#followed.delete(member);
  }

  #drop(member: Member, subscription: Subscription): void {
    subscription.members.delete(member);
    const isLast = subscription.members.size === 0 && !subscription.isKept;
    if (isLast) {
      this.#table.remove(subscription.pattern, subscription.match);
      this.#byId.delete(subscription.id);
    }
    this.#events.onSubscription("on_unsubscribe", member, subscription);
    if (isLast) this.#events.onSubscription("on_delete", member, subscription);
  }
}

const publisherOf = ({ info }: Member): Dict => ({
  publisher: info.id,
  publisher_authid: info.authid,
  publisher_authrole: info.authrole,
});

/** Details of an EVENT of `topic` for those who follow `subscription`. */
export const eventDetailsOf = (
  { match }: Subscription,
  topic: string,
  told: Dict | undefined,
): Dict => {
  if (match === "exact") return told ?? noDetails;
  return { topic, ...told };
};
