// A joined session as broker and dealer handle it, and the two answers that both of them give.
import type { Message, RequestKind } from "../messages/message.ts";
import type { SessionInfo, SessionLimits } from "./session-info.ts";

/** A session inside a realm. */
export interface Member {
  readonly info: SessionInfo;
  readonly limits: SessionLimits;
  /** Whether it understands INTERRUPT as callee. */
  readonly calleeCancels: boolean;
  /** Whether it wants to know a call's timeout as callee. */
  readonly calleeTimesOut: boolean;
  /** Whether it sends arguments in parts as caller, and takes them as callee (WAMP: Progressive Call Invocations). */
  readonly callerProgresses: boolean;
  readonly calleeProgresses: boolean;
  /** Whether it understands that a registration or a subscription of it is taken away. */
  readonly calleeRevokes: boolean;
  readonly subscriberRevokes: boolean;
  /** Bytes for it that the network has not taken yet. */
  readonly waitingBytes: number;
  send(message: Message): void;
  /** Ends the session with GOODBYE. */
  end(reason: string, message: string): void;
}

/** Why a request is refused. */
export interface Refusal {
  readonly uri: string;
  readonly message: string;
}

/** Says that a message breaks the protocol; the session ends. Undefined where all is well. */
export type Violation = string | undefined;

/** Answers a request with an ERROR. That is no violation, hence what it returns. */
export const sendRefusal = (
  to: Member,
  requestKind: RequestKind,
  request: number,
  { uri, message }: Refusal,
): Violation => {
  to.send({ kind: "error", requestKind, request, details: {}, error: uri, args: [message] });
  return undefined;
};
