// Any error → problem+json (RFC 9457), in one place. What is not in the table is ours: shown as `internal` with a short
// reference, logged with everything.
import { randomBytes } from "node:crypto";
import {
  type ErrorCode,
  errorRow,
  errors,
  PROBLEM_MEDIA_TYPE,
  type ProblemDetails,
} from "@s4t/contract";
import { isS4tError, type Log } from "@s4t/kit";

/** What an edge sends for an error. */
export interface ShownProblem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemDetails;
}

const isInternal = (error: unknown): boolean =>
  !isS4tError(error) || error.code === "internal" || !Object.hasOwn(errors, error.code);

/** A problem's text as bytes: Fastify would add a charset to the type of a string, which RFC 9457 does not have. */
export const encodeProblem = ({ body }: ShownProblem): Buffer => Buffer.from(JSON.stringify(body));

/** Makes the answer, logging what is ours. */
export const problemOf = (error: unknown, log: Log): ShownProblem => {
  const headers: Record<string, string> = { "content-type": PROBLEM_MEDIA_TYPE };
  if (isInternal(error)) {
    const reference = randomBytes(4).toString("hex").toUpperCase();
    log.error("A request failed through our fault", { reference, error });
    return {
      status: 500,
      headers,
      body: {
        type: "urn:s4t:error:internal",
        title: `Something went wrong on our side. Reference ${reference}.`,
        status: 500,
        code: "internal",
        retryable: false,
        reference,
      },
    };
  }
  const known = error as { code: ErrorCode; message: string; details?: Record<string, unknown> };
  const row = errorRow(known.code);
  const retryAfterS = known.details?.retryAfterS;
  if (typeof retryAfterS === "number") headers["retry-after"] = String(retryAfterS);
  else if (row.status === 503) headers["retry-after"] = "2";
  if (row.status === 401) headers["www-authenticate"] = 'Bearer realm="s4t"';
  return {
    status: row.status,
    headers,
    body: {
      type: `urn:s4t:error:${known.code}`,
      title: known.message,
      status: row.status,
      code: known.code,
      ...(known.details ? { details: known.details } : {}),
      retryable: row.retryable,
    },
  };
};
