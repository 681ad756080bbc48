// Errors on their way to a board and from it: codes of the error table are WAMP URIs there.
import {
  type AnswerOf,
  boardProcedures,
  check,
  codeOfWampError,
  type ErrorCode,
  fail,
  type Procedure,
  wampErrorOf,
} from "@s4t/contract";
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

/** Longest sentence of a board that is passed on. */
export const MAX_BOARD_SENTENCE_LENGTH = 500;
/** Most that a board's details may have as JSON to be passed on: a code's sentence needs a name or two, a traceback some lines. */
export const MAX_BOARD_DETAILS_LENGTH = 16_384;

/** Nouns about which a board knows; of everything else (sessions, projects, policy) only the cloud may speak. */
const boardNouns: ReadonlySet<string> = new Set([
  "target",
  "plugin",
  ...Object.keys(boardProcedures),
]);
/** What of a board only the cloud knows. */
const cloudOwn: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "board.not-found",
  "board.name-taken",
  "board.offline",
  "board.never-seen",
  "board.retired",
  "board.upgrade-only",
  "plugin.not-found",
  "plugin.version-not-found",
  "plugin.name-taken",
  "plugin.in-use",
  "plugin.unsigned",
]);

const isBoards = (code: ErrorCode): boolean => {
  const [noun = ""] = code.split(".", 1);
  return boardNouns.has(noun) && !cloudOwn.has(code);
};

/** The code of what a board said itself; `board.failed` for whatever it may not say. */
export const codeToldBy = ({ uri }: WampError): ErrorCode => {
  const code = codeOfWampError(uri);
  return code !== undefined && isBoards(code) ? code : "board.failed";
};

/** A board's own refusal. A code that is not a board's to say must not sign anybody out. */
const toldByBoard = (code: ErrorCode, error: WampError): S4tError => {
  const sentence = error.message.slice(0, MAX_BOARD_SENTENCE_LENGTH);
  if (!isBoards(code)) return fail("board.failed", { because: sentence }, error);
  const details = error.kwargs ?? {};
  const fits = JSON.stringify(details).length <= MAX_BOARD_DETAILS_LENGTH;
  return new S4tError(code, sentence, { ...(fits ? { details } : {}), cause: error });
};

/** A board's answer as its contract has it; an answer of another form is the board's failure, not the caller's. */
export const checkAnswer = <P extends Procedure>(procedure: P, answer: unknown): AnswerOf<P> => {
  try {
    return check(procedure.reply, answer, "answer") as AnswerOf<P>;
  } catch (error) {
    throw fail("board.failed", { because: "its answer does not fit the contract" }, error);
  }
};

/** What a call's failure means to who asked. */
export const fromWire = (error: unknown, timeoutMs: number, signal: AbortSignal): unknown => {
  if (signal.aborted) return signal.reason;
  if (!isWampError(error)) return error;
  const code = codeOfWampError(error.uri);
  if (code !== undefined) return toldByBoard(code, error);
  switch (error.uri) {
    case wampErrors.timeout:
      return fail("deadline.exceeded", { timeoutMs }, error);
    case wampErrors.noSuchProcedure:
      return fail("board.offline", undefined, error);
    case wampErrors.unavailable:
      return fail("board.busy", { pending: MAX_CALLS_PER_BOARD }, error);
    case wampErrors.runtimeError:
    case wampErrors.invalidArgument:
      return fail(
        "board.failed",
        { because: error.message.slice(0, MAX_BOARD_SENTENCE_LENGTH) },
        error,
      );
    default:
      return fail("command.unknown", undefined, error);
  }
};
