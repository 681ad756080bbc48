// The check before every request: is the URI one, is it free to use, does the authorizer agree. It does not act.
import { wampErrors } from "../error.ts";
import type { Dict } from "../messages/message.ts";
import { ownText } from "../messages/values.ts";
import { isReservedUri, isUri, isUriPattern, type MatchPolicy, type UriCheck } from "../uri.ts";
import type { Action, Authorizer } from "./authorizer.ts";
import type { Member, Refusal } from "./member.ts";
import type { Pace } from "./pace.ts";
import type { SessionInfo } from "./session-info.ts";

/** Decides whether `member` may do `action`; undefined: it may. */
export type Admission = (
  member: Member,
  action: Action,
  uri: string,
  options: Dict,
) => Refusal | undefined;

/** Whether an option is not there. Serializers that know no absent member write null for it. */
export const isAbsent = (option: unknown): boolean => option === undefined || option === null;

/** `options.match` as a policy, or a refusal. */
export const matchOf = (options: Dict): MatchPolicy | Refusal => {
  const { match } = options;
  if (isAbsent(match) || match === "exact") return "exact";
  if (match === "prefix" || match === "wildcard") return match;
  return { uri: wampErrors.optionNotAllowed, message: "There is no such way to match." };
};

/** URIs of calls and publications that were found good lately, so many: the same few are named again and again. */
const MAX_REMEMBERED_URIS = 4_096;

const reserved: Refusal = {
  ...{ uri: wampErrors.invalidUri, message: "URIs of the protocol itself are reserved." },
};

/** What an {@link Admission} leans on. */
export interface AdmissionDependencies {
  readonly authorize: Authorizer;
  /** Hears of a request for a URI of the reserved space that is none of those. */
  readonly onReserved: (session: SessionInfo, action: Action, uri: string) => void;
  readonly check: UriCheck;
  readonly pace: Pace;
  /** Whether a URI of the reserved space is one of the realm's own procedures or topics. */
  readonly isMeta: (action: Action, uri: string) => boolean;
}

/** Makes the {@link Admission} of a realm. */
export const createAdmission = (deps: AdmissionDependencies): Admission => {
  const { authorize, onReserved, check, pace, isMeta } = deps;
  const good = new Set<string>();
  const refuseUri = (uri: string, match: MatchPolicy): Refusal | undefined => {
    if (!isUriPattern(uri, match, check) || (match === "exact" && !isUri(uri, check)))
      return { uri: wampErrors.invalidUri, message: "This is not a valid URI." };
    // A prefix such as `w` or `wam` would reach into the reserved space as surely as `wamp.` does.
    const reaches =
      (match === "prefix" && "wamp.".startsWith(uri)) ||
      (match === "wildcard" && uri.startsWith("wamp."));
    if (isReservedUri(uri) || reaches) return reserved;
    return undefined;
  };
  const refuseExact = (uri: string): Refusal | undefined => {
    if (good.has(uri)) return undefined;
    const refusal = refuseUri(uri, "exact");
    if (refusal) return refusal;
    if (good.size >= MAX_REMEMBERED_URIS) good.clear();
    good.add(ownText(uri));
    return undefined;
  };
  return (member, action, uri, options) => {
    const isPattern = action === "register" || action === "subscribe";
    const match = isPattern ? matchOf(options) : "exact";
    if (typeof match !== "string") return match;
    if (!pace.takes(member)) return { uri: wampErrors.unavailable, message: "Too many, too fast." };
    const isOwn = match === "exact" && isReservedUri(uri) && isMeta(action, uri);
    const refusal = isOwn ? undefined : isPattern ? refuseUri(uri, match) : refuseExact(uri);
    if (refusal === reserved) onReserved(member.info, action, uri);
    if (refusal) return refusal;
    return authorize(member.info, action, uri, options) === "allow"
      ? undefined
      : { uri: wampErrors.notAuthorized, message: "This session may not do that." };
  };
};
