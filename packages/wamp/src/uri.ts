// Which strings are URIs, and which patterns match which. Procedures and topics are checked strictly (WAMP: URIs, strict);
// realms and error URIs loosely, because applications put hyphens into their error codes.

/** Longer than this no URI is accepted: it keeps tables of registrations and log lines bounded. */
export const MAX_URI_LENGTH = 255;

/** How exactly a URI is looked at: `strict` allows `[0-9a-z_]` in a component, `loose` all but blanks, `#` and dots. */
export type UriCheck = "strict" | "loose";

/** How a registration or subscription is compared with the URI of a call or event. */
export type MatchPolicy = "exact" | "prefix" | "wildcard";

const strictUri = /^(?:[0-9a-z_]+\.)*[0-9a-z_]+$/;
const strictPattern = /^(?:[0-9a-z_]*\.)+[0-9a-z_]*$|^[0-9a-z_]+$/;
const loosePattern = /^(?:[^\s.#]*\.)+[^\s.#]*$|^[^\s.#]+$/;
const looseUri = /^(?:[^\s.#]+\.)*[^\s.#]+$/;

/** Whether `text` is a URI that can be called, published to, or named as realm or error. */
export const isUri = (text: string, check: UriCheck = "strict"): boolean =>
  text.length <= MAX_URI_LENGTH && (check === "strict" ? strictUri : looseUri).test(text);

/**
 * Whether `text` can be registered or subscribed with `match`. A prefix may end inside a component or with a dot
 * (`com.example.`), but is never empty, and a wildcard pattern has a component that is not (`com..create`): nobody takes the
 * whole realm by accident.
 */
export const isUriPattern = (
  text: string,
  match: MatchPolicy,
  check: UriCheck = "strict",
): boolean => {
  if (text.length > MAX_URI_LENGTH) return false;
  if (match === "wildcard")
    return (check === "strict" ? strictPattern : loosePattern).test(text) && /[^.]/.test(text);
  return isUri(match === "prefix" && text.endsWith(".") ? text.slice(0, -1) : text, check);
};

/** Whether `uri` is matched by `pattern`; an empty component of a wildcard pattern matches any one component. */
export const matchesUri = (pattern: string, match: MatchPolicy, uri: string): boolean => {
  if (match === "exact") return pattern === uri;
  if (match === "prefix") return uri.startsWith(pattern);
  const wanted = pattern.split(".");
  const given = uri.split(".");
  return wanted.length === given.length && wanted.every((one, i) => one === "" || one === given[i]);
};

/** Whether `uri` lies in the part of the name space that belongs to the protocol and its routers. */
export const isReservedUri = (uri: string): boolean => uri === "wamp" || uri.startsWith("wamp.");
