// A subscription: a pattern, and all who follow it.
import type { MatchPolicy } from "../uri.ts";
import type { Member } from "./member.ts";

/** One pattern that is followed. */
export interface Subscription {
  readonly id: number;
  readonly pattern: string;
  readonly match: MatchPolicy;
  readonly createdMs: number;
  /** It is there also when nobody follows it: events that it matches are kept. */
  readonly isKept: boolean;
  readonly members: Set<Member>;
}
