// Messages out of state, and peers that never get on with joining: what the router's end of a session does about each.
import { describe, expect, it } from "vitest";
import { type Message, messageCodes } from "../messages/message.ts";
import {
  type AcceptorEffect,
  type AcceptorState,
  type AcceptorWorld,
  GOODBYE_TIMEOUT_MS,
  HELLO_TIMEOUT_MS,
  openAcceptor,
  stepAcceptor,
} from "./acceptor.ts";

const world: AcceptorWorld = {
  methodsOf: (realm) => (realm === "r" ? ["ticket"] : undefined),
  trustedAs: undefined,
  rolesOf: () => ({ broker: {}, dealer: {} }),
};
const hello = {
  ...{ realm: "r", authid: undefined, authextra: {} },
  ...{
    calleeCancels: false,
    calleeTimesOut: false,
    callerProgresses: false,
    calleeProgresses: false,
  },
  ...{ calleeRevokes: false, subscriberRevokes: false },
};
const states = {
  waiting: { name: "waiting" },
  checking: { name: "checking", hello, method: "ticket" },
  challenged: { name: "challenged", hello, method: "ticket", pending: {} },
  established: { name: "established", session: 7 },
  closing: { name: "closing" },
} as const satisfies Readonly<Record<string, AcceptorState>>;
type Name = keyof typeof states;
const names = Object.keys(states) as Name[];

const reason = "a.b";
/** One message of each kind. */
const messages = Object.keys(messageCodes).map(
  (kind) =>
    ({
      ...{ kind, realm: "r", details: { roles: { caller: {} }, message: "x" } },
      ...{ request: 1, options: {}, reason, signature: "s", extra: {}, requestKind: "invocation" },
      ...{
        topic: "a",
        procedure: "a",
        subscription: 1,
        registration: 1,
        publication: 1,
        session: 1,
      },
      ...{ method: "ticket", error: "a.b", authmethods: ["ticket"] },
    }) as unknown as Message,
);
/** What happens to each kind of message in each state; what is not named breaks the protocol. */
const taken: Readonly<Record<Name, (kind: Message["kind"]) => string | undefined>> = {
  waiting: (kind) => (kind === "hello" ? "refused" : undefined), // it offers no ticket
  checking: () => undefined,
  challenged: (kind) => (kind === "authenticate" ? "checking" : undefined),
  established: (kind) =>
    kind === "goodbye"
      ? "goodbye"
      : ["hello", "authenticate"].includes(kind)
        ? undefined
        : "routed",
  closing: (kind) => (kind === "goodbye" ? "closed" : "dropped"),
};
const kindsOf = (effects: readonly AcceptorEffect[]) => effects.map(({ kind }) => kind);
const abortOf = (effects: readonly AcceptorEffect[]): string | undefined => {
  const sent = effects.find((effect) => effect.kind === "send" && effect.message.kind === "abort");
  return sent?.kind === "send" && sent.message.kind === "abort" ? sent.message.reason : undefined;
};

describe("a message", () => {
  it.each(
    names.flatMap((name) => messages.map((message) => [message.kind, name, message] as const)),
  )("%s while %s", (kind, name, message) => {
    const { state, effects } = stepAcceptor(states[name], { kind: "message", message }, world);
    if (kind === "abort") {
      expect(state.name).toBe("closed");
      expect(abortOf(effects)).toBeUndefined();
      return;
    }
    switch (taken[name](kind)) {
      case "routed":
        expect([state, effects]).toEqual([states[name], [{ kind: "route", message }]]);
        break;
      case "dropped":
        expect([state, effects]).toEqual([states[name], []]);
        break;
      case "checking":
        expect(state.name).toBe("checking");
        expect(kindsOf(effects)).toEqual(["authenticate"]);
        break;
      case "refused":
        expect(abortOf(effects)).toBe("wamp.error.no_matching_auth_method");
        break;
      case "goodbye":
        expect(kindsOf(effects)).toEqual(["cancelDeadline", "leave", "send", "close"]);
        break;
      case "closed":
        expect(kindsOf(effects)).toEqual(["cancelDeadline", "close"]);
        break;
      default:
        expect(state.name).toBe("closed");
        expect(abortOf(effects)).toBe("wamp.error.protocol_violation");
        expect(effects.at(-1)).toMatchObject({ kind: "close", code: 1002 });
        // Who has joined leaves its realm before it is told.
        expect(kindsOf(effects).includes("leave")).toBe(name === "established");
    }
  });
});

describe("a peer that does not get on", () => {
  it("has so long to join, from its first moment", () => {
    expect(openAcceptor().effects).toEqual([{ kind: "startDeadline", delayMs: HELLO_TIMEOUT_MS }]);
  });

  it.each(["waiting", "checking", "challenged"] as const)("while %s is refused in time", (name) => {
    const { state, effects } = stepAcceptor(states[name], { kind: "deadline" }, world);
    expect(state.name).toBe("closed");
    expect(abortOf(effects)).toBe("wamp.error.authentication_failed");
    expect(effects.at(-1)).toMatchObject({ kind: "close", code: 1008 });
    // A verdict that comes too late lets nobody in.
    const principal = { authid: "a", authrole: "b" };
    const verdict = { kind: "welcome", principal } as const;
    expect(stepAcceptor(state, { kind: "verdict", verdict, session: 1 }, world).effects).toEqual(
      [],
    );
  });

  it("and has joined is left alone by a deadline that crossed its WELCOME", () => {
    expect(stepAcceptor(states.established, { kind: "deadline" }, world)).toEqual({
      state: states.established,
      effects: [],
    });
  });

  it("and does not answer GOODBYE is closed after a moment", () => {
    const ended = stepAcceptor(states.established, { kind: "end", reason, message: "x" }, world);
    expect(ended.effects.at(-1)).toEqual({ kind: "startDeadline", delayMs: GOODBYE_TIMEOUT_MS });
    expect(kindsOf(stepAcceptor(ended.state, { kind: "deadline" }, world).effects)).toEqual([
      "close",
    ]);
  });
});
