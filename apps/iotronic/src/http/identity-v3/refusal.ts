// Any error in Keystone's words: a code, its title and a sentence; and the challenge that OpenStack's clients look for.
import { STATUS_CODES } from "node:http";
import { isS4tError, type Log } from "@s4t/kit";
import { problemOf } from "../problem.ts";

/** What is sent for an error. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly error: { readonly code: number; readonly title: string; readonly message: string };
  };
}

/** The one sentence for whoever is not known, whatever was wrong. */
export const UNAUTHORIZED = "The request you have made requires authentication.";

/** Statuses that Keystone's clients do not know, as those that they do. */
const statusOf: Readonly<Record<number, number>> = { 412: 409, 422: 400 };

/** A 401 as keystonemiddleware says it. `authUrl`: where tokens are to be had. */
export const challengeOf = (authUrl: string): string => `Keystone uri="${authUrl}"`;

/** Makes the answer, logging what is ours. */
export const refusalOf = (error: unknown, authUrl: string, log: Log): Refusal => {
  const problem = problemOf(error, log);
  // A scope that is missing is a right that is missing.
  const status = isS4tError(error, "project.needed")
    ? 403
    : (statusOf[problem.status] ?? problem.status);
  const retryAfter = problem.headers["retry-after"];
  // A refusal in passing names no more than the API's own words do.
  const message =
    status === 401 && isS4tError(error) && error.code.startsWith("auth.")
      ? UNAUTHORIZED
      : problem.body.title;
  return {
    status,
    headers: {
      ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
      ...(status === 401 ? { "www-authenticate": challengeOf(authUrl) } : {}),
    },
    body: { error: { code: status, title: STATUS_CODES[status] ?? "Error", message } },
  };
};
