// Errors on their way to a board and from it: codes of the error table are WAMP URIs there.
import { codeOfWampError, fail, wampErrorOf } from "@s4t/contract";
import { isS4tError, S4tError } from "@s4t/kit";
import { isWampError, WampError, wampErrors } from "@s4t/wamp";
import { MAX_CALLS_PER_BOARD } from "./session.ts";

/** An error of ours → as the board hears it. */
export const toWire = (error: unknown): WampError =>
  isS4tError(error) && !isWampError(error)
    ? new WampError(wampErrorOf(error.code), error.message, {
        args: [error.message],
        kwargs: (error.details ?? {}) as Record<string, unknown>,
      })
    : new WampError(wampErrorOf("internal"), "Something went wrong on our side.", {
        args: ["Something went wrong on our side."],
      });

/** What a call's failure means to who asked. */
export const fromWire = (error: unknown, timeoutMs: number, signal: AbortSignal): unknown => {
  if (signal.aborted) return signal.reason;
  if (!isWampError(error)) return error;
  const code = codeOfWampError(error.uri);
  if (code !== undefined)
    return new S4tError(code, error.message, { details: error.kwargs, cause: error });
  switch (error.uri) {
    case wampErrors.timeout:
      return fail("deadline.exceeded", { timeoutMs }, error);
    case wampErrors.noSuchProcedure:
      return fail("board.offline", undefined, error);
    case wampErrors.unavailable:
      return fail("board.busy", { pending: MAX_CALLS_PER_BOARD }, error);
    case wampErrors.runtimeError:
    case wampErrors.invalidArgument:
      return fail("board.failed", { because: error.message }, error);
    default:
      return fail("command.unknown", undefined, error);
  }
};
