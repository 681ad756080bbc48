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
import { eventFilterOf } from "./event-filter.ts";
import { type Member, sendRefusal, type Violation } from "./member.ts";
import { type MetaEvents, noMetaEvents } from "./meta-events.ts";
import { PatternTable } from "./pattern-table.ts";
import type { Subscription } from "./subscription.ts";

/** What a {@link Broker} leans on. */
export interface BrokerDependencies {
  readonly admit: Admission;
  /** Ids of the global scope, for publications. */
  readonly drawId: () => number;
  readonly nowMs: () => number;
  readonly events?: MetaEvents;
}

/** The broker of a realm. */
export class Broker {
  readonly #deps: BrokerDependencies;
  readonly #events: MetaEvents;
  readonly #table = new PatternTable<Subscription>();
  readonly #byId = new Map<number, Subscription>();
  /** Member → the subscriptions that it follows. */
  readonly #followed = new Map<Member, Set<Subscription>>();
  #lastId = 0;

  constructor(deps: BrokerDependencies) {
    this.#deps = deps;
    this.#events = deps.events ?? noMetaEvents;
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
    if (!subscription) {
      this.#lastId += 1;
      const createdMs = this.#deps.nowMs();
      subscription = { id: this.#lastId, pattern: topic, match, createdMs, members: new Set() };
      this.#table.set(topic, match, subscription);
      this.#byId.set(subscription.id, subscription);
    }
    const wasThere = subscription.members.has(member);
    subscription.members.add(member);
    followed.add(subscription);
    this.#followed.set(member, followed);
    member.send({ kind: "subscribed", request, subscription: subscription.id });
    if (isNew) this.#events.onSubscription("on_create", member, subscription);
    if (!wasThere) this.#events.onSubscription("on_subscribe", member, subscription);
    return undefined;
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
    const followed = this.#followed.get(member);
    followed?.delete(subscription);
    if (followed?.size === 0) this.#followed.delete(member);
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
    const publication = this.#deps.drawId();
    const excluded = options.exclude_me === false ? undefined : member;
    const disclosed = options.disclose_me === true ? publisherOf(member) : undefined;
    for (const subscription of this.#table.listMatches(topic)) {
      // One object for all who follow it, so that a codec may encode it once.
      const event = {
        kind: "event",
        subscription: subscription.id,
        publication,
        details: detailsOf(subscription, topic, disclosed),
        ...forwarded(message),
      } as const;
      for (const follower of subscription.members)
        if (follower !== excluded && (filter === undefined || filter(follower)))
          follower.send(event);
    }
    if (acknowledged) member.send({ kind: "published", request, publication });
    return undefined;
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
  counts(): { readonly subscriptions: number; readonly followers: number } {
    let followers = 0;
    for (const { members } of this.#byId.values()) followers += members.size;
    return { subscriptions: this.#byId.size, followers };
  }

  #drop(member: Member, subscription: Subscription): void {
    subscription.members.delete(member);
    const isLast = subscription.members.size === 0;
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

const detailsOf = ({ match }: Subscription, topic: string, disclosed: Dict | undefined): Dict => {
  if (match === "exact") return disclosed ?? noDetails;
  return { topic, ...disclosed };
};
