// How far the router trusts calls and events (WAMP: Call Trust Levels, Publication Trust Levels). It tells callees and followers, in
// `trustlevel`, and does nothing about it itself: who may do what is the authorizer's.
import { type MatchPolicy, matchesUri } from "../uri.ts";
import type { SessionInfo } from "./session-info.ts";

/**
 * Says how far the router trusts what `session` calls or publishes under `uri`: a whole number, 0 is least. Asked within the turn,
 * for every call and event of the realm; must not throw.
 */
export type TrustPolicy = (session: SessionInfo, action: "call" | "publish", uri: string) => number;

/** Calls and events under what `uri` matches have this level, of whom the rule names; who is not named is anybody. */
export interface TrustRule {
  readonly uri: string;
  readonly match: MatchPolicy;
  readonly authrole?: string | undefined;
  readonly authid?: string | undefined;
  readonly level: number;
}

/**
 * The {@link TrustPolicy} made of data: the first rule that fits says the level, and where none does it is 0.
 *
 * @example
 * trustByRules([{ uri: "com.city.lamp.", match: "prefix", authrole: "lamp", level: 3 }]);
 */
export const trustByRules =
  (rules: readonly TrustRule[]): TrustPolicy =>
  ({ authrole, authid }, _action, uri) =>
    rules.find(
      (rule) =>
        (rule.authrole === undefined || rule.authrole === authrole) &&
        (rule.authid === undefined || rule.authid === authid) &&
        matchesUri(rule.uri, rule.match, uri),
    )?.level ?? 0;
