// An authorizer made of data: what each role may do below which URIs. What no permission names is denied, and a pattern is allowed
// only where everything that it could ever match is.
import { isReservedUri, type MatchPolicy, matchesUri } from "../uri.ts";
import { matchOf } from "./admission.ts";
import type { Action, Authorizer } from "./authorizer.ts";

/** What may be done with the URIs that a pattern matches. The prefix `""` is every URI but the protocol's own (`wamp.`). */
export interface Permission {
  readonly uri: string;
  readonly match: MatchPolicy;
  readonly allow: readonly Action[];
}

/** What every match of the wildcard pattern begins with. */
const fixedStart = (pattern: string): string => {
  const parts = pattern.split(".");
  const open = parts.indexOf("");
  return open === -1 ? pattern : parts.slice(0, open).join(".") + (open > 0 ? "." : "");
};

/** Whether all that `asked` matches is matched by `given`. */
export const coversPattern = (
  given: Pick<Permission, "uri" | "match">,
  asked: string,
  match: MatchPolicy,
): boolean => {
  if (given.match === "exact") return match === "exact" && asked === given.uri;
  if (given.match === "prefix")
    return (match === "wildcard" ? fixedStart(asked) : asked).startsWith(given.uri);
  if (match === "exact") return matchesUri(given.uri, "wildcard", asked);
  if (match === "prefix") return false; // a prefix matches any number of components
  const [wanted, open] = [given.uri.split("."), asked.split(".")];
  return wanted.length === open.length && wanted.every((one, i) => one === "" || one === open[i]);
};

/**
 * The authorizer of a realm whose roles may do so much; a role that is not named may do nothing.
 *
 * @example
 * permissionAuthorizer({ lamp: [{ uri: "com.city.lamp.", match: "prefix", allow: ["register", "publish"] }] });
 */
export const permissionAuthorizer = (
  roles: Readonly<Record<string, readonly Permission[]>>,
): Authorizer => {
  const known = new Map(Object.entries(roles));
  return ({ authrole }, action, uri, options) => {
    const isPattern = action === "register" || action === "subscribe";
    const match = isPattern ? matchOf(options) : "exact";
    if (typeof match !== "string") return "deny";
    // The protocol's own URIs end sessions and tell of others: who gives them away says so.
    const isNamed = ({ uri: given }: Permission) =>
      !isReservedUri(uri) || given.startsWith("wamp.");
    const allowed = known
      .get(authrole)
      ?.some((one) => one.allow.includes(action) && isNamed(one) && coversPattern(one, uri, match));
    return allowed ? "allow" : "deny";
  };
};
