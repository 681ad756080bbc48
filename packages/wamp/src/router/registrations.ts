// Who offers which procedure. A registration is a pattern; several callees may share it under a policy that says who is called
// (WAMP: Shared Registration):
//
//   single                one callee (the default)
//   first, last           the one that has been there longest, or shortest: a spare steps in when it leaves, or has its hands full
//   roundrobin, random    each in turn, or any, of those that can take one more
import { wampErrors } from "../error.ts";
import type { Register, Unregister } from "../messages/message.ts";
import type { MatchPolicy } from "../uri.ts";
import { type Admission, isAbsent, matchOf } from "./admission.ts";
import { Few } from "./few.ts";
import { type Member, type Refusal, sendRefusal, type Violation } from "./member.ts";
import { type MetaEvents, noMetaEvents } from "./meta-events.ts";
import { PatternTable } from "./pattern-table.ts";
import type { SessionInfo } from "./session-info.ts";

/** Who is called where several offer the same. */
export type InvokePolicy = "single" | "first" | "last" | "roundrobin" | "random";

const policies: ReadonlySet<unknown> = new Set<InvokePolicy>([
  ...(["single", "first", "last", "roundrobin", "random"] as const),
]);

/** One that offers a procedure. */
export interface Offer {
  readonly callee: Member;
  readonly disclosesCaller: boolean;
}

/** A procedure, or all that a pattern matches, on offer. */
export interface RegistrationRecord {
  readonly id: number;
  readonly pattern: string;
  readonly match: MatchPolicy;
  readonly invoke: InvokePolicy;
  readonly createdMs: number;
  /** In the order of their coming; never empty while the record is in the table. */
  readonly offers: Offer[];
  /** Whose turn it is, for `roundrobin`. */
  turn: number;
}

/** What {@link Registrations} leans on. */
export interface RegistrationsDependencies {
  readonly admit: Admission;
  /** In [0, 1), for the policy `random`. */
  readonly random: () => number;
  readonly nowMs: () => number;
  readonly events?: MetaEvents;
  /** Hears, within the turn, of who offers what from now on. */
  readonly onRegister?: (callee: SessionInfo, procedure: string) => void;
}

/** The procedures of a realm. */
export class Registrations {
  readonly #deps: RegistrationsDependencies;
  readonly #events: MetaEvents;
  readonly #table = new PatternTable<RegistrationRecord>();
  readonly #byId = new Map<number, RegistrationRecord>();
  /** Callee → what it offers by id. */
  readonly #offered = new Map<Member, Few<RegistrationRecord>>();
  #lastId = 0;

  constructor(deps: RegistrationsDependencies) {
    this.#deps = deps;
    this.#events = deps.events ?? noMetaEvents;
  }

  get size(): number {
    return this.#table.size;
  }

  /** The registration that a call of `procedure` goes to. */
  find(procedure: string): RegistrationRecord | undefined {
    return this.#table.findBest(procedure);
  }

  byId(id: number): RegistrationRecord | undefined {
    return this.#byId.get(id);
  }

  byPattern(pattern: string, match: MatchPolicy): RegistrationRecord | undefined {
    return this.#table.get(pattern, match);
  }

  list(): readonly RegistrationRecord[] {
    return [...this.#byId.values()];
  }

  /** Which of those who offer it is called now. */
  choose(record: RegistrationRecord): Offer {
    const { offers, invoke } = record;
    let at = 0;
    if (invoke === "last") at = offers.length - 1;
    else if (invoke === "random") at = Math.floor(this.#deps.random() * offers.length);
    else if (invoke === "roundrobin") {
      at = record.turn % offers.length;
      record.turn = at + 1;
    }
    return offers[at] as Offer;
  }

  /** Who is called in the place of one that can take no more; undefined: nobody can. */
  chooseOther(record: RegistrationRecord, isFree: (callee: Member) => boolean): Offer | undefined {
    const { offers, invoke, turn } = record;
    const free = offers.filter(({ callee }) => isFree(callee));
    if (invoke === "last") return free.at(-1);
    if (invoke === "random") return free[Math.floor(this.#deps.random() * free.length)];
    if (invoke !== "roundrobin") return free[0];
    const next = free.find((offer) => offers.indexOf(offer) >= turn) ?? free[0];
    if (next) record.turn = offers.indexOf(next) + 1;
    return next;
  }

  register(callee: Member, message: Register): Violation {
    const { request, procedure, options } = message;
    const refusal =
      this.#deps.admit(callee, "register", procedure, options) ?? this.#refuse(callee, message);
    if (refusal) return sendRefusal(callee, "register", request, refusal);
    const match = matchOf(options) as MatchPolicy;
    const before = this.#table.get(procedure, match);
    const offer: Offer = { callee, disclosesCaller: options.disclose_caller === true };
    const record = before ?? this.#open(procedure, match, invokeOf(message), offer);
    if (before) before.offers.push(offer);
    const offered = this.#offered.get(callee) ?? new Few<RegistrationRecord>();
    offered.set(record.id, record);
    this.#offered.set(callee, offered);
    callee.send({ kind: "registered", request, registration: record.id });
    if (!before) this.#events.onRegistration("on_create", callee, record);
    this.#events.onRegistration("on_register", callee, record);
    this.#deps.onRegister?.(callee.info, procedure);
    return undefined;
  }

  unregister(callee: Member, { request, registration }: Unregister): Violation {
    const record = this.#offered.get(callee)?.get(registration);
    if (!record)
      return sendRefusal(callee, "unregister", request, {
        uri: wampErrors.noSuchRegistration,
        message: "There is no such registration.",
      });
    callee.send({ kind: "unregistered", request });
    this.withdraw(callee, record);
    return undefined;
  }

  /** Takes one callee out of a registration, and the registration away with the last of them. */
  withdraw(callee: Member, record: RegistrationRecord): void {
    const offered = this.#offered.get(callee);
    if (!offered?.delete(record.id)) return;
    if (offered.size === 0) this.#offered.delete(callee);
    this.#drop(callee, record);
  }

  /** Takes it from a callee that did not ask for that, and tells it where it understands. */
  revoke(callee: Member, record: RegistrationRecord, reason: string): void {
    this.withdraw(callee, record);
    const details = { registration: record.id, reason };
    if (callee.calleeRevokes) callee.send({ kind: "unregistered", request: 0, details });
  }

  /** Forgets what a session that left had offered. */
  remove(callee: Member): void {
    const offered = this.#offered.get(callee);
    this.#offered.delete(callee);
    for (const record of offered?.values() ?? []) this.#drop(callee, record);
  }

  #open(
    pattern: string,
    match: MatchPolicy,
    invoke: InvokePolicy,
    first: Offer,
  ): RegistrationRecord {
    this.#lastId += 1;
    const record: RegistrationRecord = {
      ...{ id: this.#lastId, pattern, match, invoke },
      createdMs: this.#deps.nowMs(),
      offers: [first],
      turn: 0,
    };
    this.#table.set(pattern, match, record);
    this.#byId.set(record.id, record);
    return record;
  }

  #drop(callee: Member, record: RegistrationRecord): void {
    const at = record.offers.findIndex((offer) => offer.callee === callee);
    record.offers.splice(at, 1);
    // Who stood behind the one that left moves up: nobody's turn is skipped.
    if (at < record.turn) record.turn -= 1;
    const isLast = record.offers.length === 0;
    if (isLast) {
      this.#table.remove(record.pattern, record.match);
      this.#byId.delete(record.id);
    }
    this.#events.onRegistration("on_unregister", callee, record);
    if (isLast) this.#events.onRegistration("on_delete", callee, record);
  }

  #refuse(callee: Member, message: Register): Refusal | undefined {
    const { procedure, options } = message;
    if (!isAbsent(options.invoke) && !policies.has(options.invoke))
      return { uri: wampErrors.optionNotAllowed, message: "There is no such invocation policy." };
    const invoke = invokeOf(message);
    const record = this.#table.get(procedure, matchOf(options) as MatchPolicy);
    if (record && record.invoke !== invoke)
      return {
        uri: wampErrors.differentInvocationPolicy,
        message: `This is offered under the policy ${record.invoke}.`,
      };
    if (record && (invoke === "single" || this.#offered.get(callee)?.has(record.id)))
      return { uri: wampErrors.procedureAlreadyExists, message: "A session offers this already." };
    if ((this.#offered.get(callee)?.size ?? 0) >= callee.limits.registrations)
      return {
        uri: wampErrors.unavailable,
        message: `No more than ${callee.limits.registrations} registrations.`,
      };
    return undefined;
  }
}

const invokeOf = ({ options }: Register): InvokePolicy =>
  (options.invoke as InvokePolicy | null | undefined) ?? "single";
