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

const cookieOf = (headers: IncomingHttpHeaders, name: string): string | undefined => {
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

/** The token of a request and whether it came by cookie. */
export const tokenOf = (
  headers: IncomingHttpHeaders,
  cookieName: string,
): { readonly token: string; readonly byCookie: boolean } | undefined => {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const match = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization);
    if (!match?.[1] || match[1].length > MAX_TOKEN_LENGTH) throw fail("auth.required");
    return { token: match[1], byCookie: false };
  }
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
