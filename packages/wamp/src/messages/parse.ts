// Untrusted array → typed message. Looks at arity and types only: whether a message may be said now is the session's business,
// whether a URI is allowed is the router's.
import type { UnknownMessage } from "../codec/codec.ts";
import { WampError, wampErrors } from "../error.ts";
import { isId } from "../ids.ts";
import { isUri } from "../uri.ts";
import {
  type Dict,
  isDict,
  type Message,
  type MessageKind,
  messageCodes,
  type Payload,
  type RequestKind,
} from "./message.ts";

const kindOfCode = new Map<number, MessageKind>(
  Object.entries(messageCodes).map(([kind, code]) => [code, kind as MessageKind]),
);

const requestKinds: ReadonlySet<MessageKind> = new Set<RequestKind>([
  "publish",
  "subscribe",
  "unsubscribe",
  "call",
  "register",
  "unregister",
  "invocation",
]);

const violation = (because: string): WampError =>
  new WampError(wampErrors.protocolViolation, because);

/** Reads the members of one array in order; every read names what was expected where. */
class Fields {
  readonly #kind: MessageKind;
  readonly #items: readonly unknown[];
  #next = 1;

  constructor(kind: MessageKind, items: readonly unknown[]) {
    this.#kind = kind;
    this.#items = items;
  }

  #wrong(expected: string): WampError {
    return violation(
      `${this.#kind.toUpperCase()}: field ${this.#next - 1} is not ${expected} (${this.#items.length} fields).`,
    );
  }

  id(): number {
    const value = this.#items[this.#next++];
    if (!isId(value)) throw this.#wrong("an id from 1 to 2^53");
    return value;
  }

  /** An answer to a request, or 0 and details: what the router did of its own accord. */
  revocable(): { readonly request: number; readonly details?: Dict } {
    if (this.#items[this.#next] !== 0) return { request: this.id() };
    this.#next += 1;
    return { request: 0, details: this.dict() };
  }

  string(): string {
    const value = this.#items[this.#next++];
    if (typeof value !== "string") throw this.#wrong("a string");
    return value;
  }

  /** Loose on purpose: the strict check gives a milder answer (ERROR invalid_uri) and belongs to the router. */
  uri(): string {
    const value = this.string();
    if (!isUri(value, "loose")) throw this.#wrong("a URI");
    return value;
  }

  dict(): Dict {
    const value = this.#items[this.#next++];
    if (!isDict(value)) throw this.#wrong("a dictionary");
    return value;
  }

  requestKind(): RequestKind {
    const value = this.#items[this.#next++];
    const kind = typeof value === "number" ? kindOfCode.get(value) : undefined;
    if (kind === undefined || !requestKinds.has(kind)) throw this.#wrong("the code of a request");
    return kind as RequestKind;
  }

  payload(): Payload {
    const at = this.#next;
    this.#next = this.#items.length;
    if (this.#items.length > at + 2)
      throw violation(`${this.#kind.toUpperCase()}: too many fields.`);
    const args = this.#items[at];
    const kwargs = this.#items[at + 1];
    if (args === undefined) return {};
    if (!Array.isArray(args))
      throw violation(`${this.#kind.toUpperCase()}: arguments are not a list.`);
    if (kwargs === undefined) return { args };
    if (!isDict(kwargs))
      throw violation(`${this.#kind.toUpperCase()}: keyword arguments are not a dictionary.`);
    return { args, kwargs };
  }

  end<M extends Message>(message: M): M {
    if (this.#next < this.#items.length)
      throw violation(`${this.#kind.toUpperCase()}: too many fields.`);
    return message;
  }
}

/** The readers of each kind: the order of the calls is the order on the wire. */
const readers: { readonly [K in MessageKind]: (f: Fields) => Extract<Message, { kind: K }> } = {
  hello: (f) => ({ kind: "hello", realm: f.string(), details: f.dict() }),
  welcome: (f) => ({ kind: "welcome", session: f.id(), details: f.dict() }),
  abort: (f) => ({ kind: "abort", details: f.dict(), reason: f.uri(), ...f.payload() }),
  challenge: (f) => ({ kind: "challenge", method: f.string(), extra: f.dict() }),
  authenticate: (f) => ({ kind: "authenticate", signature: f.string(), extra: f.dict() }),
  goodbye: (f) => ({ kind: "goodbye", details: f.dict(), reason: f.uri() }),
  error: (f) => ({
    kind: "error",
    requestKind: f.requestKind(),
    request: f.id(),
    details: f.dict(),
    error: f.uri(),
    ...f.payload(),
  }),
  publish: (f) => ({
    kind: "publish",
    request: f.id(),
    options: f.dict(),
    topic: f.string(),
    ...f.payload(),
  }),
  published: (f) => ({ kind: "published", request: f.id(), publication: f.id() }),
  subscribe: (f) => ({ kind: "subscribe", request: f.id(), options: f.dict(), topic: f.string() }),
  subscribed: (f) => ({ kind: "subscribed", request: f.id(), subscription: f.id() }),
  unsubscribe: (f) => ({ kind: "unsubscribe", request: f.id(), subscription: f.id() }),
  unsubscribed: (f) => ({ kind: "unsubscribed", ...f.revocable() }),
  event: (f) => ({
    kind: "event",
    subscription: f.id(),
    publication: f.id(),
    details: f.dict(),
    ...f.payload(),
  }),
  call: (f) => ({
    kind: "call",
    request: f.id(),
    options: f.dict(),
    procedure: f.string(),
    ...f.payload(),
  }),
  cancel: (f) => ({ kind: "cancel", request: f.id(), options: f.dict() }),
  result: (f) => ({ kind: "result", request: f.id(), details: f.dict(), ...f.payload() }),
  register: (f) => ({
    kind: "register",
    request: f.id(),
    options: f.dict(),
    procedure: f.string(),
  }),
  registered: (f) => ({ kind: "registered", request: f.id(), registration: f.id() }),
  unregister: (f) => ({ kind: "unregister", request: f.id(), registration: f.id() }),
  unregistered: (f) => ({ kind: "unregistered", ...f.revocable() }),
  invocation: (f) => ({
    kind: "invocation",
    request: f.id(),
    registration: f.id(),
    details: f.dict(),
    ...f.payload(),
  }),
  interrupt: (f) => ({ kind: "interrupt", request: f.id(), options: f.dict() }),
  yield: (f) => ({ kind: "yield", request: f.id(), options: f.dict(), ...f.payload() }),
};

/**
 * Parses what a serializer read from an untrusted peer. Throws `wamp.error.protocol_violation` for what is no message; an
 * unknown message code is not an error but `{kind: "unknown"}`, so that newer peers stay welcome.
 */
export const parseMessage = (value: unknown): Message | UnknownMessage => {
  if (!Array.isArray(value)) throw violation("A message is a list.");
  const code: unknown = value[0];
  if (typeof code !== "number" || !Number.isInteger(code) || code < 0)
    throw violation("A message begins with its code.");
  const kind = kindOfCode.get(code);
  if (kind === undefined) return { kind: "unknown", code };
  const fields = new Fields(kind, value);
  return fields.end<Message>(readers[kind](fields));
};
