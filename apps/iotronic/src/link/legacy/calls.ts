// Calls of the procedures of one original board. Its agent runs them one after the other on the loop that everything of it runs on:
// they are sent one by one, too. One that it answers later (RUNNING) ends with its notification.
import { fail } from "@s4t/contract";
import { type Clock, untilAborted } from "@s4t/kit";
import { type ClientSession, isWampError, WampError, wampErrors } from "@s4t/wamp";
import { newId } from "../../edge/id.ts";
import type { KnownBoard } from "../../edge/link.ts";
import { onceOffered } from "../once-offered.ts";
import {
  decodeMessage,
  methodUri,
  requestOf,
  takesRequest,
  type WampMessage,
  wordsOf,
} from "./words.ts";

/** An original agent offers some forty procedures one after the other once it has connected: over a poor line that takes its time. */
export const ORIGINAL_OFFER_WAIT_MS = 30_000;
/** Longest sentence of a board that is passed on, without its end. */
const longestSentence = 400;

/** A procedure's good end. */
export interface Answered {
  readonly result: "SUCCESS" | "WARNING";
  readonly message: unknown;
}

export interface CallRequest {
  readonly method: string;
  /** Its arguments, without the request in front. */
  readonly data: readonly unknown[];
  readonly signal: AbortSignal;
  /** Under which a late answer is told; a number of its own unless said. */
  readonly request?: string;
}

export interface OriginalCalls {
  /**
   * Calls a procedure; several wait for one another. Throws `board.failed` with what the board says, `board.original` where its agent
   * does not offer the procedure, and a `WampError` where nobody knows how it ended.
   */
  call(request: CallRequest): Promise<Answered>;
  /** A late answer; false where nobody waits for it. */
  notify(message: WampMessage): boolean;
  /** Whether the board is at work on a call, and so may be deaf. */
  readonly isAtWork: boolean;
}

export interface CallsDependencies {
  readonly cloud: ClientSession;
  readonly clock: Clock;
  readonly board: KnownBoard;
  /** The board's session in the original's realm, and its agent's version. */
  readonly session: number;
  readonly version: string;
  /** When it began, by the monotonic clock: procedures are registered a moment later. */
  readonly joinedMs: number;
}

const failed = (message: unknown) =>
  fail("board.failed", {
    because: wordsOf(message).slice(0, longestSentence).replace(/\.$/, ""),
  });

/** What the router says of a call whose end nobody knows; all else is the board's own word. */
const unknownEnds: ReadonlySet<string> = new Set([
  ...[wampErrors.canceled, wampErrors.networkFailure, wampErrors.timeout, wampErrors.unavailable],
]);

/** What a failure of the call itself means. */
const meaningOf = (error: unknown, method: string): unknown => {
  if (!isWampError(error) || unknownEnds.has(error.uri)) return error;
  return error.uri === wampErrors.noSuchProcedure
    ? fail("board.original", { what: `its agent offers no ${method}` }, error)
    : failed(error.message);
};

/** Makes them. */
export const createOriginalCalls = (deps: CallsDependencies): OriginalCalls => {
  const { cloud, clock, board, session, version, joinedMs } = deps;
  const late = new Map<string, (message: WampMessage) => void>();
  let last: Promise<unknown> = Promise.resolve();
  let atWork = 0;

  const send = async (
    { method, data, signal }: CallRequest,
    request: string,
  ): Promise<WampMessage> => {
    const args = takesRequest(version)
      ? [requestOf(request, board, method, clock.now()), ...data]
      : [...data];
    const uri = methodUri(session, board.uuid, method);
    atWork += 1;
    try {
      const answer = await onceOffered(
        clock,
        () => joinedMs,
        signal,
        () => cloud.call(uri, { args, signal }),
        ORIGINAL_OFFER_WAIT_MS,
      );
      const message = decodeMessage(answer.args[0]);
      if (!message) throw fail("board.failed", { because: "its answer is no message" });
      return message;
    } catch (error) {
      signal.throwIfAborted();
      throw meaningOf(error, method);
    } finally {
      atWork -= 1;
    }
  };

  const call = async (asked: CallRequest): Promise<Answered> => {
    const request = asked.request ?? newId();
    // Before it is sent: the notification may overtake the answer.
    const notified = new Promise<WampMessage>((resolve) => late.set(request, resolve));
    try {
      const turn = last.then(() => {
        asked.signal.throwIfAborted();
        return send(asked, request);
      });
      last = turn.catch(() => {});
      const first = await untilAborted(turn, asked.signal);
      const { result, message } =
        first.result === "RUNNING" ? await untilAborted(notified, asked.signal) : first;
      if (result === "SUCCESS" || result === "WARNING") return { result, message };
      if (result === "ERROR") throw failed(message);
      throw new WampError(wampErrors.canceled, "The board said twice that it is at work.");
    } finally {
      late.delete(request);
    }
  };

  return {
    call,
    notify(message) {
      const hear = late.get(message.requestId ?? "");
      hear?.(message);
      return hear !== undefined;
    },
    get isAtWork() {
      return atWork > 0;
    },
  };
};
