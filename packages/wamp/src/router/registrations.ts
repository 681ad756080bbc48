// Who offers which procedure. One callee for each pattern: shared registrations are not spoken here.
import { wampErrors } from "../error.ts";
import type { Register, Unregister } from "../messages/message.ts";
import type { MatchPolicy } from "../uri.ts";
import { type Admission, matchOf } from "./admission.ts";
import { type Member, type Refusal, sendRefusal, type Violation } from "./member.ts";
import { PatternTable } from "./pattern-table.ts";

/** A procedure, or all below a prefix, on offer. */
export interface RegistrationRecord {
  readonly id: number;
  readonly pattern: string;
  readonly match: MatchPolicy;
  readonly callee: Member;
  readonly disclosesCaller: boolean;
}

/** The procedures of a realm. */
export class Registrations {
  readonly #admit: Admission;
  readonly #table = new PatternTable<RegistrationRecord>();
  /** Callee → its offers by id. */
  readonly #offered = new Map<Member, Map<number, RegistrationRecord>>();
  #lastId = 0;

  constructor(admit: Admission) {
    this.#admit = admit;
  }

  get size(): number {
    return this.#table.size;
  }

  /** The offer that a call of `procedure` goes to. */
  find(procedure: string): RegistrationRecord | undefined {
    return this.#table.findBest(procedure);
  }

  register(callee: Member, message: Register): Violation {
    const { request, procedure, options } = message;
    const refusal =
      this.#admit(callee, "register", procedure, options) ?? this.#refuse(callee, message);
    if (refusal) return sendRefusal(callee, "register", request, refusal);
    const match = matchOf(options) as MatchPolicy;
    this.#lastId += 1;
    const record: RegistrationRecord = {
      id: this.#lastId,
      pattern: procedure,
      match,
      callee,
      disclosesCaller: options.disclose_caller === true,
    };
    this.#table.set(procedure, match, record);
    const offers = this.#offered.get(callee) ?? new Map<number, RegistrationRecord>();
    offers.set(record.id, record);
    this.#offered.set(callee, offers);
    callee.send({ kind: "registered", request, registration: record.id });
    return undefined;
  }

  unregister(callee: Member, { request, registration }: Unregister): Violation {
    const offers = this.#offered.get(callee);
    const record = offers?.get(registration);
    if (!offers || !record)
      return sendRefusal(callee, "unregister", request, {
        uri: wampErrors.noSuchRegistration,
        message: "There is no such registration.",
      });
    offers.delete(registration);
    if (offers.size === 0) this.#offered.delete(callee);
    this.#table.remove(record.pattern, record.match);
    callee.send({ kind: "unregistered", request });
    return undefined;
  }

  /** Forgets what a session that left had offered. */
  remove(callee: Member): void {
    for (const record of this.#offered.get(callee)?.values() ?? [])
      this.#table.remove(record.pattern, record.match);
    this.#offered.delete(callee);
  }

  #refuse(callee: Member, { procedure, options }: Register): Refusal | undefined {
    if (options.invoke !== undefined && options.invoke !== "single")
      return { uri: wampErrors.optionNotAllowed, message: "Only single registrations are known." };
    if (this.#table.get(procedure, matchOf(options) as MatchPolicy))
      return { uri: wampErrors.procedureAlreadyExists, message: "Another session offers this." };
    if ((this.#offered.get(callee)?.size ?? 0) >= callee.limits.registrations)
      return {
        uri: wampErrors.unavailable,
        message: `No more than ${callee.limits.registrations} registrations.`,
      };
    return undefined;
  }
}
