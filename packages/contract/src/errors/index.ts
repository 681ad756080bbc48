// The error table: one row a code, from which problem+json, WAMP errors, exit codes, SDK types and the reference page follow.
import { isS4tError, S4tError } from "@s4t/kit";
import { boardErrors } from "./boards.ts";
import { delegationErrors } from "./delegations.ts";
import { fleetErrors } from "./fleets.ts";
import { identityErrors } from "./identity.ts";
import { operationErrors } from "./operations.ts";
import { pluginErrors } from "./plugins.ts";
import { programErrors } from "./program.ts";
import { requestErrors } from "./request.ts";
import { type DetailsOf, type ErrorRow, exitCodes } from "./row.ts";
import { serviceErrors } from "./services.ts";

/** Every error that the house can show, by code. */
export const errors = {
  ...requestErrors,
  ...identityErrors,
  ...boardErrors,
  ...delegationErrors,
  ...fleetErrors,
  ...operationErrors,
  ...pluginErrors,
  ...programErrors,
  ...serviceErrors,
} as const satisfies Readonly<Record<string, ErrorRow>>;

export type ErrorCode = keyof typeof errors;

/** The row of a code, or of `internal` for a code that this version does not know. */
export const errorRow = (code: string): ErrorRow =>
  Object.hasOwn(errors, code) ? errors[code as ErrorCode] : errors.internal;

type FailArguments<Code extends ErrorCode> = keyof DetailsOf<(typeof errors)[Code]> extends never
  ? [details?: Readonly<Record<string, unknown>>, cause?: unknown]
  : [
      details: DetailsOf<(typeof errors)[Code]> & Readonly<Record<string, unknown>>,
      cause?: unknown,
    ];

/** The sentence of a code, filled from the details. */
export const sentenceOf = (
  code: ErrorCode,
  details?: Readonly<Record<string, unknown>> | undefined,
): string =>
  errors[code].sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(details?.[name] ?? "?"));

/**
 * Makes an error of the table, its sentence filled from the details.
 *
 * @example
 * throw fail("board.name-taken", { name: "lamp-7" });
 */
export const fail = <Code extends ErrorCode>(
  code: Code,
  ...rest: FailArguments<Code>
): S4tError<Code> => {
  const [details, cause] = rest as [Readonly<Record<string, unknown>> | undefined, unknown];
  return new S4tError(code, sentenceOf(code, details), { details, cause });
};

/** Whether an error means "later, perhaps". */
export const isRetryable = (error: unknown): boolean =>
  isS4tError(error) && errorRow(error.code).retryable;

/** Exit code of the command line for an error code. */
export const exitCodeOf = (code: string): number => exitCodes[errorRow(code).exit];

const wampPrefix = "s4t.error.";

/** `board.not-found` → `s4t.error.board.not_found` (strict WAMP URIs have no hyphens). */
export const wampErrorOf = (code: string): string => wampPrefix + code.replaceAll("-", "_");

/** The reverse; `undefined` for an error URI that is not ours. */
export const codeOfWampError = (uri: string): ErrorCode | undefined => {
  if (!uri.startsWith(wampPrefix)) return undefined;
  const code = uri.slice(wampPrefix.length).replaceAll("_", "-");
  return Object.hasOwn(errors, code) ? (code as ErrorCode) : undefined;
};

export { type Blame, type DetailsOf, type ErrorRow, exitCodes } from "./row.ts";
