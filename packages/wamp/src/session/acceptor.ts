// The router's end of a session as a function: (state, input) → next state and effects. No clock, no socket, no promise: the
// authenticator runs outside and comes back as an input, timers are effects.
//
//   waiting ──HELLO──▶ checking ──verdict──▶ challenged ──AUTHENTICATE──▶ checking
//                         │ verdict: welcome
//                         ▼
//                     established ──GOODBYE──▶ closed        any state ──lost, ABORT, violation──▶ closed
//                         │ end
//                         ▼
//                      closing ──GOODBYE, deadline──▶ closed
//
// It does NOT know what calls and events mean: what an established session says is handed on as `route`.
import { Bug } from "@s4t/kit";
import type { Principal, Proof, Verdict } from "../auth/authenticator.ts";
import { wampErrors } from "../error.ts";
import type { Dict, Hello, Message } from "../messages/message.ts";
import { isUri } from "../uri.ts";

/** An attached peer that has not joined after this long is dropped: sockets that say nothing must not pile up. */
export const HELLO_TIMEOUT_MS = 10_000;
/** How long a GOODBYE waits for its answer before the transport is closed anyway. */
export const GOODBYE_TIMEOUT_MS = 1_000;

/** What a HELLO said, as plain data. */
export interface HelloFacts {
  readonly realm: string;
  readonly authid: string | undefined;
  readonly authextra: Dict;
  /** Features of the client as callee and caller that the router's behaviour depends on. */
  readonly calleeCancels: boolean;
  readonly calleeTimesOut: boolean;
  /** Whether it sends arguments in parts as caller, and takes them as callee. */
  readonly callerProgresses: boolean;
  readonly calleeProgresses: boolean;
  /** Whether it understands, as callee and subscriber, that something of it is taken away. */
  readonly calleeRevokes: boolean;
  readonly subscriberRevokes: boolean;
}

/** Where a session stands. Plain data, so that it can be kept, shown and tested. */
export type AcceptorState =
  | { readonly name: "waiting" }
  | { readonly name: "checking"; readonly hello: HelloFacts; readonly method: string }
  | {
      readonly name: "challenged";
      readonly hello: HelloFacts;
      readonly method: string;
      readonly pending: Dict;
    }
  | { readonly name: "established"; readonly session: number }
  | { readonly name: "closing" }
  | { readonly name: "closed" };

/** What can happen to a session. */
export type AcceptorInput =
  | { readonly kind: "message"; readonly message: Message }
  /** A frame that is no message, or a message that the realm found to break the protocol. */
  | { readonly kind: "violation"; readonly because: string }
  /** `session` is the id to use should the verdict be a welcome. */
  | { readonly kind: "verdict"; readonly verdict: Verdict; readonly session: number }
  | { readonly kind: "end"; readonly reason: string; readonly message: string }
  | { readonly kind: "deadline" }
  | { readonly kind: "lost"; readonly because: string };

/** What the shell has to do, in order. */
export type AcceptorEffect =
  | { readonly kind: "send"; readonly message: Message }
  | {
      readonly kind: "authenticate";
      readonly hello: HelloFacts;
      readonly method: string;
      readonly answer?: { readonly pending: Dict; readonly proof: Proof };
    }
  | {
      readonly kind: "join";
      readonly session: number;
      readonly hello: HelloFacts;
      readonly method: string;
      readonly principal: Principal;
    }
  | { readonly kind: "route"; readonly message: Message }
  /** `reason`: a URI; `because`: how a connection was lost, in words. */
  | { readonly kind: "leave"; readonly reason: string; readonly because?: string }
  | { readonly kind: "count"; readonly what: "refused" | "violation" }
  | { readonly kind: "startDeadline"; readonly delayMs: number }
  | { readonly kind: "cancelDeadline" }
  | { readonly kind: "close"; readonly code: number; readonly reason: string };

/** The world as far as a session may look: which ways to join a realm has. */
export interface AcceptorWorld {
  /** Undefined: no such realm. */
  methodsOf(realm: string): readonly string[] | undefined;
  /** A peer inside the process that joins without proof. */
  readonly trustedAs: Principal | undefined;
  /** The roles that WELCOME tells of. */
  rolesOf(realm: string): Dict;
}

interface Step {
  readonly state: AcceptorState;
  readonly effects: readonly AcceptorEffect[];
}

const closed: AcceptorState = { name: "closed" };
/** WebSocket close codes: normal, policy violation, protocol error. */
const normalClose = 1000;
const policyClose = 1008;
const protocolClose = 1002;

const abort = (reason: string, message: string): AcceptorEffect => ({
  kind: "send",
  message: { kind: "abort", details: { message }, reason },
});

const refuse = (reason: string, message: string): Step => ({
  state: closed,
  effects: [
    { kind: "cancelDeadline" },
    { kind: "count", what: "refused" },
    abort(reason, message),
    { kind: "close", code: policyClose, reason: message },
  ],
});

const violation = (state: AcceptorState, because: string): Step => ({
  state: closed,
  effects: [
    { kind: "cancelDeadline" },
    { kind: "count", what: "violation" },
    ...(state.name === "established"
      ? ([{ kind: "leave", reason: wampErrors.protocolViolation }] as const)
      : []),
    abort(wampErrors.protocolViolation, because),
    { kind: "close", code: protocolClose, reason: "protocol violation" },
  ],
});

const dictOf = (value: unknown): Dict =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Dict) : {};

const factsOf = (message: Hello): HelloFacts => {
  const { authid, authextra, roles } = message.details;
  const featuresOf = (role: string) => dictOf(dictOf(dictOf(roles)[role]).features);
  const callee = featuresOf("callee");
  // The section on arguments in parts spells it with two l.
  const calleeCancels = callee.call_canceling === true || callee.call_cancelling === true;
  return {
    realm: message.realm,
    authid: typeof authid === "string" ? authid : undefined,
    authextra: dictOf(authextra),
    calleeCancels,
    calleeTimesOut: callee.call_timeout === true,
    callerProgresses: featuresOf("caller").progressive_call_invocations === true,
    // Who cannot be interrupted cannot be told that no more parts will come.
    calleeProgresses: calleeCancels && callee.progressive_call_invocations === true,
    calleeRevokes: callee.registration_revocation === true,
    subscriberRevokes: featuresOf("subscriber").subscription_revocation === true,
  };
};

const onHello = (message: Hello, world: AcceptorWorld): Step => {
  const offered = isUri(message.realm, "loose") ? world.methodsOf(message.realm) : undefined;
  if (!offered) return refuse(wampErrors.noSuchRealm, "There is no such realm.");
  const { roles, authmethods } = message.details;
  if (Object.keys(dictOf(roles)).length === 0)
    return violation({ name: "waiting" }, "HELLO names no role.");
  const hello = factsOf(message);
  if (world.trustedAs)
    return {
      state: { name: "checking", hello, method: "trusted" },
      effects: [{ kind: "authenticate", hello, method: "trusted" }],
    };
  const wanted: readonly unknown[] = Array.isArray(authmethods) ? authmethods : ["anonymous"];
  const method = offered.find((name) => wanted.includes(name));
  if (method === undefined)
    return refuse(wampErrors.noMatchingAuthMethod, "None of these ways to join is open here.");
  return {
    state: { name: "checking", hello, method },
    effects: [{ kind: "authenticate", hello, method }],
  };
};

const onVerdict = (
  state: AcceptorState,
  input: Extract<AcceptorInput, { kind: "verdict" }>,
  world: AcceptorWorld,
): Step => {
  // The peer may have left while the authenticator worked.
  if (state.name !== "checking") return { state, effects: [] };
  const { verdict, session } = input;
  const { hello, method } = state;
  switch (verdict.kind) {
    case "deny":
      return refuse(verdict.uri ?? wampErrors.authenticationFailed, verdict.message);
    case "challenge":
      return {
        state: { name: "challenged", hello, method, pending: verdict.pending },
        effects: [{ kind: "send", message: { kind: "challenge", method, extra: verdict.extra } }],
      };
    case "welcome": {
      const { principal, told } = verdict;
      const authextra = told ? { ...principal.authextra, ...told } : principal.authextra;
      const details = {
        roles: world.rolesOf(hello.realm),
        realm: hello.realm,
        authid: principal.authid,
        authrole: principal.authrole,
        authmethod: method,
        ...(authextra ? { authextra } : {}),
      };
      return {
        state: { name: "established", session },
        effects: [
          { kind: "cancelDeadline" },
          { kind: "send", message: { kind: "welcome", session, details } },
          { kind: "join", session, hello, method, principal },
        ],
      };
    }
  }
};

const leaveAndClose = (state: AcceptorState, reason: string, answer?: Message): Step => ({
  state: closed,
  effects: [
    { kind: "cancelDeadline" },
    ...(state.name === "established" ? ([{ kind: "leave", reason }] as const) : []),
    ...(answer ? ([{ kind: "send", message: answer }] as const) : []),
    { kind: "close", code: normalClose, reason },
  ],
});

const onMessage = (state: AcceptorState, message: Message, world: AcceptorWorld): Step => {
  if (message.kind === "abort") return leaveAndClose(state, message.reason);
  if (message.kind === "goodbye") {
    if (state.name === "closing") return leaveAndClose(state, message.reason);
    const answer: Message = { kind: "goodbye", details: {}, reason: wampErrors.goodbyeAndOut };
    if (state.name === "established") return leaveAndClose(state, message.reason, answer);
    return violation(state, `GOODBYE while ${state.name}.`);
  }
  switch (state.name) {
    case "waiting":
      if (message.kind === "hello") return onHello(message, world);
      break;
    case "challenged":
      if (message.kind === "authenticate") {
        const { hello, method, pending } = state;
        const proof = { signature: message.signature, extra: message.extra };
        return {
          state: { name: "checking", hello, method },
          effects: [{ kind: "authenticate", hello, method, answer: { pending, proof } }],
        };
      }
      break;
    case "established":
      if (message.kind !== "hello" && message.kind !== "authenticate")
        return { state, effects: [{ kind: "route", message }] };
      break;
    case "closing":
      // What crossed our GOODBYE on the way is nobody's any more.
      return { state, effects: [] };
    case "checking":
      break;
    case "closed":
      throw new Bug("a closed session heard a message");
  }
  return violation(state, `${message.kind.toUpperCase()} while ${state.name}.`);
};

const onDeadline = (state: AcceptorState): Step =>
  state.name === "closing"
    ? { state: closed, effects: [{ kind: "close", code: normalClose, reason: "no GOODBYE" }] }
    : state.name === "established"
      ? { state, effects: [] }
      : refuse(wampErrors.authenticationFailed, "Joining took too long.");

/** The first state, and what starts it. */
export const openAcceptor = (): Step => ({
  state: { name: "waiting" },
  effects: [{ kind: "startDeadline", delayMs: HELLO_TIMEOUT_MS }],
});

/** One step of the router's end of a session. */
export const stepAcceptor = (
  state: AcceptorState,
  input: AcceptorInput,
  world: AcceptorWorld,
): Step => {
  if (state.name === "closed") return { state, effects: [] };
  switch (input.kind) {
    case "message":
      return onMessage(state, input.message, world);
    case "violation":
      return state.name === "closing" ? { state, effects: [] } : violation(state, input.because);
    case "verdict":
      return onVerdict(state, input, world);
    case "deadline":
      return onDeadline(state);
    case "lost":
      return {
        state: closed,
        effects: [
          { kind: "cancelDeadline" },
          ...(state.name === "established"
            ? ([
                { kind: "leave", reason: wampErrors.networkFailure, because: input.because },
              ] as const)
            : []),
        ],
      };
    case "end": {
      if (state.name === "closing") return { state, effects: [] };
      if (state.name !== "established") return refuse(input.reason, input.message);
      return {
        state: { name: "closing" },
        effects: [
          { kind: "leave", reason: input.reason },
          {
            kind: "send",
            message: {
              kind: "goodbye",
              details: input.message === "" ? {} : { message: input.message },
              reason: input.reason,
            },
          },
          { kind: "startDeadline", delayMs: GOODBYE_TIMEOUT_MS },
        ],
      };
    }
  }
};
