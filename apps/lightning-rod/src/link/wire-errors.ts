// Errors on their way to the cloud and from it, and what they mean for another try.
import { codeOfWampError, fail, wampErrorOf } from "@s4t/contract";
import { isS4tError, S4tError } from "@s4t/kit";
import { isWampError, WampError } from "@s4t/wamp";

/** Refusals that another try does not change: the agent ends with them. */
const finalCodes: ReadonlySet<string> = new Set([
  "enrolment.invalid",
  "enrolment.used",
  "enrolment.expired",
  "agent.wrong-cloud",
  "link.revoked",
  "link.version",
]);

/** Whether trying again is useless. */
export const isFinal = (error: unknown): boolean => isS4tError(error) && finalCodes.has(error.code);

/** What a refusal says beside its details. */
const beside = new WeakMap<object, Readonly<Record<string, unknown>>>();

/** An error as one that the cloud may hear of. */
const knownOf = (error: unknown): S4tError =>
  isS4tError(error) && !isWampError(error)
    ? error
    : fail(
        "board.failed",
        { because: error instanceof Error ? error.message : "it failed" },
        error,
      );

/** The error to throw, which says something more once it is on the wire: one of its own, since several calls may fail with the same. */
export const sayInRefusal = (error: unknown, more: Readonly<Record<string, unknown>>): S4tError => {
  const { code, message, details } = knownOf(error);
  const own = new S4tError(code, message, { ...(details ? { details } : {}), cause: error });
  beside.set(own, more);
  return own;
};

export const toWire = (error: unknown): WampError => {
  const known = knownOf(error);
  return new WampError(wampErrorOf(known.code), known.message, {
    args: [known.message],
    kwargs: { ...(known.details as object | undefined), ...beside.get(error as object) },
  });
};

export const fromWire = (error: unknown): unknown => {
  const code = isWampError(error) ? codeOfWampError(error.uri) : undefined;
  return code === undefined
    ? error
    : new S4tError(code, (error as WampError).message, {
        details: (error as WampError).kwargs,
        cause: error,
      });
};
