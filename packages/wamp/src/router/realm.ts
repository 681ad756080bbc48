// A realm: the sessions that joined it, its broker and its dealer. One message in is one turn; nothing in it waits.
import type { Clock } from "@s4t/kit";
import type { Message } from "../messages/message.ts";
import type { UriCheck } from "../uri.ts";
import { createAdmission } from "./admission.ts";
import type { Authorizer } from "./authorizer.ts";
import { Broker } from "./broker.ts";
import { Dealer } from "./dealer.ts";
import type { Member, Violation } from "./member.ts";
import { Registrations } from "./registrations.ts";

/** What a {@link Realm} leans on. */
export interface RealmDependencies {
  readonly clock: Clock;
  readonly drawId: () => number;
  readonly authorize: Authorizer;
  readonly uriCheck: UriCheck;
}

/** How much a realm holds. */
export interface RealmCounts {
  readonly sessions: number;
  readonly registrations: number;
  readonly subscriptions: number;
  readonly followers: number;
  readonly calls: number;
  readonly invocations: number;
}

/** A realm's routing, without its door. */
export class Realm {
  /** Session id → member. */
  readonly #members = new Map<number, Member>();
  readonly #broker: Broker;
  readonly #registrations: Registrations;
  readonly #dealer: Dealer;

  constructor({ clock, drawId, authorize, uriCheck }: RealmDependencies) {
    const admit = createAdmission(authorize, uriCheck);
    this.#broker = new Broker({ admit, drawId });
    this.#registrations = new Registrations(admit);
    this.#dealer = new Dealer({ admit, registrations: this.#registrations, clock });
  }

  join(member: Member): void {
    this.#members.set(member.info.id, member);
  }

  /** Takes away all that the session held; others hear of it through their calls. */
  leave(member: Member): void {
    if (!this.#members.delete(member.info.id)) return;
    this.#broker.remove(member);
    // Offers go before calls: an answer to a broken call must find the procedure gone.
    this.#registrations.remove(member);
    this.#dealer.remove(member);
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

  counts(): RealmCounts {
    return {
      sessions: this.#members.size,
      registrations: this.#registrations.size,
      ...this.#broker.counts(),
      ...this.#dealer.counts(),
    };
  }
}
