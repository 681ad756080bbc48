// Request headers → actor. A cookie counts for changes only when the page that asks is ours (Origin).
import type { IncomingHttpHeaders } from "node:http";
import { fail } from "@s4t/contract";
import type { Actor } from "../policy/index.ts";

/** Looks a token up; at once where it is known. */
export type FindActor = (
  token: string,
) => Actor | "expired" | undefined | Promise<Actor | "expired" | undefined>;

/** Longest token that is looked at: ours have 43 characters. */
export const MAX_TOKEN_LENGTH = 256;

/** A cookie of a request by its name. */
export const cookieOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  for (const part of (headers.cookie ?? "").split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name && value) return value;
  }
  return undefined;
};

/** Whether the page that sends this is one of ours: its Origin is the host that it speaks to. */
export const isOwnOrigin = (headers: IncomingHttpHeaders): boolean => {
  const { origin, host } = headers;
  if (origin === undefined || host === undefined) return false;
  try {
    return new URL(origin).host === host;
  } catch {
    return false;
  }
};

/** OpenStack's spelling of a bearer token. */
export const TOKEN_HEADER = "x-auth-token";

/** The token that a header has, in either spelling. Throws `auth.required` for what is none, and for two that differ. */
const headerTokenOf = (headers: IncomingHttpHeaders): string | undefined => {
  const { authorization, [TOKEN_HEADER]: bare } = headers;
  if (authorization === undefined && bare === undefined) return undefined;
  const spelt = authorization === undefined ? bare : /^Bearer (.+)$/i.exec(authorization)?.[1];
  if (
    typeof spelt !== "string" ||
    spelt.length > MAX_TOKEN_LENGTH ||
    !/^[\w.~+/=-]+$/.test(spelt) ||
    (bare ?? spelt) !== spelt
  )
    throw fail("auth.required");
  return spelt;
};

/** The token of a request and whether it came by cookie. */
export const tokenOf = (
  headers: IncomingHttpHeaders,
  cookieName: string,
): { readonly token: string; readonly byCookie: boolean } | undefined => {
  const given = headerTokenOf(headers);
  if (given !== undefined) return { token: given, byCookie: false };
  const token = cookieOf(headers, cookieName);
  return token === undefined || token.length > MAX_TOKEN_LENGTH
    ? undefined
    : { token, byCookie: true };
};

/** Makes `headers → actor`; throws `auth.required`, `auth.expired`, `auth.origin`. */
export const createAuthenticate =
  (find: FindActor, cookieName: string) =>
  (headers: IncomingHttpHeaders, changes: boolean): Actor | Promise<Actor> => {
    const given = tokenOf(headers, cookieName);
    if (!given) throw fail("auth.required");
    if (given.byCookie && changes && !isOwnOrigin(headers)) throw fail("auth.origin");
    const settle = (actor: Actor | "expired" | undefined): Actor => {
      if (actor === "expired") throw fail("auth.expired");
      if (!actor) throw fail("auth.required");
      return actor;
    };
    const found = find(given.token);
    return found instanceof Promise ? found.then(settle) : settle(found);
  };
