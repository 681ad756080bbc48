// A realm: the sessions that joined it, its broker and its dealer. One message in is one turn; nothing in it waits.
import type { Clock } from "@s4t/kit";
import type { Message } from "../messages/message.ts";
import type { UriCheck } from "../uri.ts";
import { createAdmission } from "./admission.ts";
import type { Action, Authorizer } from "./authorizer.ts";
import { Broker } from "./broker.ts";
import { Dealer } from "./dealer.ts";
import { eventFilterOf } from "./event-filter.ts";
import { EventHistory, type HistoryRule } from "./event-history.ts";
import { historyProcedures } from "./history-api.ts";
import type { Member, Violation } from "./member.ts";
import {
  type MetaProcedure,
  type MetaProcedures,
  metaProcedures,
  metaTopics,
  sessionDetailsOf,
} from "./meta-api.ts";
import { noMetaEvents, publishedMetaEvents } from "./meta-events.ts";
import { createPace, type Pace } from "./pace.ts";
import { Registrations } from "./registrations.ts";
import type { SessionInfo } from "./session-info.ts";
import { Testaments } from "./testaments.ts";
import type { TrustPolicy } from "./trust-levels.ts";

/** What a {@link Realm} leans on. */
export interface RealmDependencies {
  readonly clock: Clock;
  readonly drawId: () => number;
  readonly authorize: Authorizer;
  readonly onReserved: (session: SessionInfo, action: Action, uri: string) => void;
  readonly onRegister: (session: SessionInfo, procedure: string) => void;
  readonly uriCheck: UriCheck;
  /** In [0, 1). */
  readonly random: () => number;
  readonly metaApi: boolean;
  readonly retainedEvents: number;
  /** Which events of the past are kept. */
  readonly eventHistory: readonly HistoryRule[];
  /** Absent where calls and events have no level. */
  readonly trust?: TrustPolicy | undefined;
}

/** How much a realm holds. */
export interface RealmCounts {
  readonly sessions: number;
  readonly registrations: number;
  readonly subscriptions: number;
  readonly followers: number;
  /** Last events that are kept for who subscribes later. */
  readonly retainedEvents: number;
  /** Events of the past that are kept. */
  readonly pastEvents: number;
  readonly calls: number;
  readonly invocations: number;
}

/** The router's own procedures in a realm; undefined where it has none. */
const proceduresOf = (all: Readonly<Record<string, MetaProcedure>>): MetaProcedures | undefined => {
  const byName = new Map(Object.entries(all));
  return byName.size > 0 ? { find: (procedure) => byName.get(procedure) } : undefined;
};

/** A realm's routing, without its door. */
export class Realm {
  /** Session id → member. */
  readonly #members = new Map<number, Member>();
  readonly #broker: Broker;
  readonly #registrations: Registrations;
  readonly #dealer: Dealer;
  readonly #pace: Pace;
  readonly #hasMetaApi: boolean;
  readonly #testaments = new Testaments();
  readonly #history: EventHistory | undefined;

  constructor(deps: RealmDependencies) {
    const { clock, drawId, authorize, onReserved, uriCheck, random, metaApi, retainedEvents } =
      deps;
    const trust = deps.trust ? { trust: deps.trust } : {};
    const history =
      deps.eventHistory.length > 0 ? new EventHistory(deps.eventHistory, clock) : undefined;
    this.#history = history;
    this.#hasMetaApi = metaApi;
    this.#pace = createPace(clock);
    const admit = createAdmission({
      ...{ authorize, onReserved, check: uriCheck, pace: this.#pace },
      isMeta: (action, uri) =>
        (action === "call" && own?.find(uri) !== undefined) ||
        (action === "subscribe" && metaApi && metaTopics.has(uri)),
    });
    const nowMs = () => clock.now();
    const events = metaApi
      ? publishedMetaEvents((topic, args) => this.#broker.publishMeta(topic, args))
      : noMetaEvents;
    this.#broker = new Broker({
      ...{ admit, drawId, nowMs, events, retainedEvents },
      ...{ ...(history ? { history } : {}), ...trust },
    });
    const { onRegister } = deps;
    this.#registrations = new Registrations({ admit, random, nowMs, events, onRegister });
    const world = {
      members: this.#members,
      registrations: this.#registrations,
      broker: this.#broker,
      testaments: this.#testaments,
      admit,
    };
    const own = proceduresOf({
      ...(metaApi ? metaProcedures(world) : {}),
      ...(history ? historyProcedures(this.#broker, history, admit) : {}),
    });
    this.#dealer = new Dealer({
      ...{ admit, pace: this.#pace, registrations: this.#registrations, clock },
      ...{ ...(own ? { meta: own } : {}), ...trust },
    });
  }

  join(member: Member): void {
    this.#members.set(member.info.id, member);
    if (this.#hasMetaApi)
      this.#broker.publishMeta("wamp.session.on_join", [sessionDetailsOf(member)], member);
  }

  /** Takes away all that the session held; others hear of it through their calls. */
  leave(member: Member): void {
    if (!this.#members.delete(member.info.id)) return;
    this.#broker.remove(member);
    // Offers go before calls: an answer to a broken call must find the procedure gone.
    this.#registrations.remove(member);
    this.#dealer.remove(member);
    this.#pace.forget(member);
    for (const testament of this.#testaments.take(member)) {
      const filter = eventFilterOf(testament.options);
      if (typeof filter === "string") continue;
      const { retain: _, ...unkept } = testament.options;
      // Nobody is there to be told that it cannot be kept: those who follow hear it all the same.
      if (this.#broker.distribute(member, testament, filter) === undefined)
        this.#broker.distribute(member, { ...testament, options: unkept }, filter);
    }
    const { id, authid, authrole } = member.info;
    if (this.#hasMetaApi) this.#broker.publishMeta("wamp.session.on_leave", [id, authid, authrole]);
  }

  find(session: number): Member | undefined {
    return this.#members.get(session);
  }

  list(): readonly Member[] {
    return [...this.#members.values()];
  }

  /** One turn. What it returns breaks the protocol: the session must end. */
  receive(member: Member, message: Message): Violation {
    switch (message.kind) {
      case "call":
        return this.#dealer.call(member, message);
      case "yield":
        return this.#dealer.yield(member, message);
      case "error":
        return this.#dealer.error(member, message);
      case "cancel":
        return this.#dealer.cancel(member, message);
      case "publish":
        return this.#broker.publish(member, message);
      case "register":
        return this.#registrations.register(member, message);
      case "unregister":
        return this.#registrations.unregister(member, message);
      case "subscribe":
        return this.#broker.subscribe(member, message);
      case "unsubscribe":
        return this.#broker.unsubscribe(member, message);
      default:
        return `${message.kind.toUpperCase()} is nothing that a client says.`;
    }
  }

  /** Lets go of what is kept of the past. */
  close(): void {
    this.#history?.clear();
  }

  counts(): RealmCounts {
    return {
      sessions: this.#members.size,
      registrations: this.#registrations.size,
      ...this.#broker.counts(),
      ...this.#dealer.counts(),
    };
  }
}
