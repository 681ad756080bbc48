// What sessions leave behind: events that the router publishes for them once they are gone, whether they said goodbye or were lost
// (WAMP: Testaments). Sessions are not resumed here, so that they are detached and destroyed in one moment.
import type { Dict } from "../messages/message.ts";
import type { Member } from "./member.ts";

/** Testaments of one session: it announces its end to a few, not to everybody. */
export const MAX_TESTAMENTS = 16;
/** What one may have: as JSON, in characters. It waits as long as its session lives. */
export const MAX_TESTAMENT_LENGTH = 16 * 1024;

/** When it is published. */
export type TestamentScope = "detached" | "destroyed";

/** One event to come. */
export interface Testament {
  readonly scope: TestamentScope;
  readonly topic: string;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  /** As of a PUBLISH. */
  readonly options: Dict;
}

/** The testaments of a realm. */
export class Testaments {
  readonly #of = new Map<Member, Testament[]>();

  /** False: it has as many as it may. */
  add(member: Member, testament: Testament): boolean {
    const all = this.#of.get(member) ?? [];
    if (all.length >= MAX_TESTAMENTS) return false;
    this.#of.set(member, [...all, testament]);
    return true;
  }

  /** Takes those of a scope back; how many there were. */
  flush(member: Member, scope: TestamentScope): number {
    const all = this.#of.get(member) ?? [];
    const rest = all.filter((one) => one.scope !== scope);
    if (rest.length > 0) this.#of.set(member, rest);
    else this.#of.delete(member);
    return all.length - rest.length;
  }

  /** All of a session that is gone, in the order in which they were made. */
  take(member: Member): readonly Testament[] {
    const all = this.#of.get(member) ?? [];
    this.#of.delete(member);
    return all;
  }
}
