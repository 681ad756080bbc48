// Which strings are URIs, and which patterns match which. Procedures and topics are checked strictly (WAMP: URIs, strict);
// realms and error URIs loosely, because applications put hyphens into their error codes.

/** Longer than this no URI is accepted: it keeps tables of registrations and log lines bounded. */
export const MAX_URI_LENGTH = 255;

/** How exactly a URI is looked at: `strict` allows `[0-9a-z_]` in a component, `loose` all but blanks, `#` and dots. */
export type UriCheck = "strict" | "loose";

/** How a registration or subscription is compared with the URI of a call or event. */
export type MatchPolicy = "exact" | "prefix";

const strictUri = /^(?:[0-9a-z_]+\.)*[0-9a-z_]+$/;
const looseUri = /^(?:[^\s.#]+\.)*[^\s.#]+$/;

/** Whether `text` is a URI that can be called, published to, or named as realm or error. */
export const isUri = (text: string, check: UriCheck = "strict"): boolean =>
  text.length <= MAX_URI_LENGTH && (check === "strict" ? strictUri : looseUri).test(text);

/**
 * Whether `text` can be registered or subscribed with `match`. A prefix may end inside a component or with a dot
 * (`com.example.`), but is never empty: nobody takes the whole realm by accident.
 */
export const isUriPattern = (
  text: string,
  match: MatchPolicy,
  check: UriCheck = "strict",
): boolean =>
  isUri(match === "prefix" && text.endsWith(".") ? text.slice(0, -1) : text, check) &&
  text.length <= MAX_URI_LENGTH;

/** Whether `uri` is matched by `pattern`. */
export const matchesUri = (pattern: string, match: MatchPolicy, uri: string): boolean =>
  match === "exact" ? pattern === uri : uri.startsWith(pattern);

/** Whether `uri` lies in the part of the name space that belongs to the protocol and its routers. */
export const isReservedUri = (uri: string): boolean => uri === "wamp" || uri.startsWith("wamp.");
