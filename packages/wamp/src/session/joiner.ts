// The client's end of a session as a function: (state, input) → next state and effects.
//
//   joining ──CHALLENGE──▶ answering ──answer──▶ joining ──WELCOME──▶ established
//   established ──end──▶ leaving ──GOODBYE, deadline──▶ closed
//   any state ──ABORT, GOODBYE, lost, violation──▶ closed
//
// It does NOT match answers to requests: what the router says to an established session is handed on as `deliver`.
import type { Proof } from "../auth/authenticator.ts";
import { wampErrors } from "../error.ts";
import type { Dict, Message, Welcome } from "../messages/message.ts";
import { GOODBYE_TIMEOUT_MS } from "./acceptor.ts";

/** Where the client's end stands. */
export type JoinerState = {
  readonly name: "joining" | "answering" | "established" | "leaving" | "closed";
};

/** What can happen to it. */
export type JoinerInput =
  | { readonly kind: "message"; readonly message: Message }
  | { readonly kind: "violation"; readonly because: string }
  | { readonly kind: "answer"; readonly proof: Proof }
  /** Ends it: with GOODBYE once established, with ABORT before. */
  | { readonly kind: "end"; readonly reason: string; readonly message: string }
  | { readonly kind: "deadline" }
  | { readonly kind: "lost"; readonly because: string };

/** What the shell has to do, in order. */
export type JoinerEffect =
  | { readonly kind: "send"; readonly message: Message }
  | { readonly kind: "answer"; readonly method: string; readonly extra: Dict }
  | { readonly kind: "joined"; readonly welcome: Welcome }
  | { readonly kind: "deliver"; readonly message: Message }
  | { readonly kind: "ended"; readonly reason: string; readonly message: string }
  | { readonly kind: "startDeadline"; readonly delayMs: number }
  | { readonly kind: "cancelDeadline" }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

interface Step {
  readonly state: JoinerState;
  readonly effects: readonly JoinerEffect[];
}

const clientRoles: Dict = {
  caller: {
    features: {
      call_canceling: true,
      call_timeout: true,
      caller_identification: true,
      progressive_call_invocations: true,
      progressive_call_results: true,
    },
  },
  callee: {
    features: {
      pattern_based_registration: true,
      call_canceling: true,
      call_timeout: true,
      call_trustlevels: true,
      caller_identification: true,
      progressive_call_invocations: true,
      progressive_call_results: true,
      registration_revocation: true,
      shared_registration: true,
    },
  },
  publisher: {
    features: {
      publisher_exclusion: true,
      publisher_identification: true,
      subscriber_blackwhite_listing: true,
    },
  },
  subscriber: {
    features: {
      pattern_based_subscription: true,
      publication_trustlevels: true,
      publisher_identification: true,
      subscription_revocation: true,
    },
  },
};

const ended = (reason: string, message: string, say?: Message): Step => ({
  state: { name: "closed" },
  effects: [
    { kind: "cancelDeadline" },
    ...(say ? ([{ kind: "send", message: say }] as const) : []),
    { kind: "ended", reason, message },
    { kind: "close", code: 1000, reason },
  ],
});

const abort = (reason: string, message: string): Message => ({
  kind: "abort",
  details: { message },
  reason,
});

/** What a HELLO is made of. */
export interface HelloOptions {
  readonly realm: string;
  readonly authmethod: string;
  readonly authid: string | undefined;
  readonly authextra: Dict;
  readonly agent: string | undefined;
  readonly timeoutMs: number;
}

/** The first state, and what starts it: HELLO, and a deadline for the answer. */
export const openJoiner = (options: HelloOptions): Step => {
  const { realm, authmethod, authid, authextra, agent, timeoutMs } = options;
  const details: Dict = {
    roles: clientRoles,
    authmethods: [authmethod],
    authextra,
    ...(authid === undefined ? {} : { authid }),
    ...(agent === undefined ? {} : { agent }),
  };
  return {
    state: { name: "joining" },
    effects: [
      { kind: "startDeadline", delayMs: timeoutMs },
      { kind: "send", message: { kind: "hello", realm, details } },
    ],
  };
};

const violation = (because: string): Step =>
  ended(wampErrors.protocolViolation, because, abort(wampErrors.protocolViolation, because));

const sentenceOf = (details: Dict, otherwise: string): string =>
  typeof details.message === "string" ? details.message : otherwise;

const onMessage = (state: JoinerState, message: Message): Step => {
  switch (message.kind) {
    case "abort":
      return ended(message.reason, sentenceOf(message.details, "The router ended the session."));
    case "goodbye":
      return ended(
        message.reason,
        sentenceOf(message.details, "The session was closed."),
        state.name === "established"
          ? { kind: "goodbye", details: {}, reason: wampErrors.goodbyeAndOut }
          : undefined,
      );
    case "challenge":
      if (state.name !== "joining") break;
      return {
        state: { name: "answering" },
        effects: [{ kind: "answer", method: message.method, extra: message.extra }],
      };
    case "welcome":
      if (state.name !== "joining") break;
      return {
        state: { name: "established" },
        effects: [{ kind: "cancelDeadline" }, { kind: "joined", welcome: message }],
      };
    default:
      if (state.name === "established" || state.name === "leaving")
        return { state, effects: [{ kind: "deliver", message }] };
  }
  return violation(`${message.kind.toUpperCase()} while ${state.name}.`);
};

const onEnd = (state: JoinerState, reason: string, message: string): Step => {
  if (state.name === "leaving") return { state, effects: [] };
  if (state.name !== "established") return ended(reason, message, abort(reason, message));
  return {
    state: { name: "leaving" },
    effects: [
      { kind: "send", message: { kind: "goodbye", details: { message }, reason } },
      { kind: "startDeadline", delayMs: GOODBYE_TIMEOUT_MS },
    ],
  };
};

/** One step of the client's end of a session. */
export const stepJoiner = (state: JoinerState, input: JoinerInput): Step => {
  if (state.name === "closed") return { state, effects: [] };
  switch (input.kind) {
    case "message":
      return onMessage(state, input.message);
    case "violation":
      return violation(input.because);
    case "answer":
      if (state.name !== "answering") return { state, effects: [] };
      return {
        state: { name: "joining" },
        effects: [{ kind: "send", message: { kind: "authenticate", ...input.proof } }],
      };
    case "end":
      return onEnd(state, input.reason, input.message);
    case "deadline":
      return state.name === "leaving"
        ? ended(wampErrors.normal, "The router did not answer GOODBYE.")
        : ended(
            wampErrors.timeout,
            "The router did not answer in time.",
            abort(wampErrors.timeout, "Joining took too long."),
          );
    case "lost":
      return ended(wampErrors.networkFailure, input.because);
  }
};
