// The words of WAMP: every message as a plain object, its code on the wire, and who says it to whom.
//
//                 code  caller  callee  publisher  subscriber  router
//   HELLO            1  sends   sends   sends      sends       receives
//   WELCOME          2  receives by all                        sends
//   ABORT            3  both ways, ends the session at once
//   CHALLENGE        4  receives by all                        sends
//   AUTHENTICATE     5  sends   sends   sends      sends       receives
//   GOODBYE          6  both ways, answered by GOODBYE
//   ERROR            8  gets    both    gets       gets        both
//   PUBLISH         16                  sends                  receives
//   PUBLISHED       17                  receives               sends
//   SUBSCRIBE       32                             sends       receives
//   SUBSCRIBED      33                             receives    sends
//   UNSUBSCRIBE     34                             sends       receives
//   UNSUBSCRIBED    35                             receives    sends
//   EVENT           36                             receives    sends
//   CALL            48  sends                                  receives
//   CANCEL          49  sends                                  receives
//   RESULT          50  receives                               sends
//   REGISTER        64          sends                          receives
//   REGISTERED      65          receives                       sends
//   UNREGISTER      66          sends                          receives
//   UNREGISTERED    67          receives                       sends
//   INVOCATION      68          receives                       sends
//   INTERRUPT       69          receives                       sends
//   YIELD           70          sends                          receives

/** A dictionary of a message (`Details`, `Options`, `Extra`, `ArgumentsKw`): untrusted values behind string keys. */
export type Dict = Readonly<Record<string, unknown>>;

/** Whether `value` is a dictionary; bytes, which the binary serializers have, are none. */
export const isDict = (value: unknown): value is Dict =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array);

/** What a call, a result, an event or an error carries for the application. */
export interface Payload {
  readonly args?: readonly unknown[] | undefined;
  readonly kwargs?: Dict | undefined;
  /** Both as they came, where nobody has looked at them yet; then `args` and `kwargs` are absent. */
  readonly source?: PayloadSource | undefined;
}

/** Arguments in a serializer's own form: whole and well-formed, but not made into values. */
export interface PayloadSource {
  /** The serializer's name: another one of that name may copy `content` as it is. */
  readonly serializer: string;
  /** The members of the message from its arguments on; empty where it has none. */
  readonly content: string | Uint8Array;
  /** How many members `content` has: 0, 1 or 2. */
  readonly members: number;
  open(): Payload;
}

/** Message name → code on the wire. */
export const messageCodes = {
  hello: 1,
  welcome: 2,
  abort: 3,
  challenge: 4,
  authenticate: 5,
  goodbye: 6,
  error: 8,
  publish: 16,
  published: 17,
  subscribe: 32,
  subscribed: 33,
  unsubscribe: 34,
  unsubscribed: 35,
  event: 36,
  call: 48,
  cancel: 49,
  result: 50,
  register: 64,
  registered: 65,
  unregister: 66,
  unregistered: 67,
  invocation: 68,
  interrupt: 69,
  yield: 70,
} as const;

/** The name of a message, also its discriminant. */
export type MessageKind = keyof typeof messageCodes;

/** Opens a session: which realm, which roles with which features, how the client can prove who it is. */
export interface Hello {
  readonly kind: "hello";
  readonly realm: string;
  readonly details: Dict;
}
/** The session is open. */
export interface Welcome {
  readonly kind: "welcome";
  readonly session: number;
  readonly details: Dict;
}
/** The session ends, or never begins, without an answer. */
export interface Abort extends Payload {
  readonly kind: "abort";
  readonly details: Dict;
  readonly reason: string;
}
/** Asks the client for a proof. */
export interface Challenge {
  readonly kind: "challenge";
  readonly method: string;
  readonly extra: Dict;
}
/** The client's proof. */
export interface Authenticate {
  readonly kind: "authenticate";
  readonly signature: string;
  readonly extra: Dict;
}
/** The session ends in peace; the other side says the same. */
export interface Goodbye {
  readonly kind: "goodbye";
  readonly details: Dict;
  readonly reason: string;
}
/** A request failed: `requestKind` and `request` say which. */
export interface ErrorMessage extends Payload {
  readonly kind: "error";
  readonly requestKind: RequestKind;
  readonly request: number;
  readonly details: Dict;
  readonly error: string;
}
/** Publishes an event to a topic. */
export interface Publish extends Payload {
  readonly kind: "publish";
  readonly request: number;
  readonly options: Dict;
  readonly topic: string;
}
/** Acknowledges a PUBLISH. */
export interface Published {
  readonly kind: "published";
  readonly request: number;
  readonly publication: number;
}
/** Asks for the events of a topic. */
export interface Subscribe {
  readonly kind: "subscribe";
  readonly request: number;
  readonly options: Dict;
  readonly topic: string;
}
/** Acknowledges a SUBSCRIBE. */
export interface Subscribed {
  readonly kind: "subscribed";
  readonly request: number;
  readonly subscription: number;
}
/** Ends a subscription. */
export interface Unsubscribe {
  readonly kind: "unsubscribe";
  readonly request: number;
  readonly subscription: number;
}
/** Acknowledges an UNSUBSCRIBE. */
export interface Unsubscribed {
  readonly kind: "unsubscribed";
  /** 0: nobody asked, the router took it away; `details` then name the subscription. */
  readonly request: number;
  readonly details?: Dict;
}
/** An event for a subscriber. */
export interface EventMessage extends Payload {
  readonly kind: "event";
  readonly subscription: number;
  readonly publication: number;
  readonly details: Dict;
}
/** Calls a procedure. */
export interface Call extends Payload {
  readonly kind: "call";
  readonly request: number;
  readonly options: Dict;
  readonly procedure: string;
}
/** Gives a call up. */
export interface Cancel {
  readonly kind: "cancel";
  readonly request: number;
  readonly options: Dict;
}
/** The answer to a call. */
export interface Result extends Payload {
  readonly kind: "result";
  readonly request: number;
  readonly details: Dict;
}
/** Offers a procedure, or all below a prefix. */
export interface Register {
  readonly kind: "register";
  readonly request: number;
  readonly options: Dict;
  readonly procedure: string;
}
/** Acknowledges a REGISTER. */
export interface Registered {
  readonly kind: "registered";
  readonly request: number;
  readonly registration: number;
}
/** Withdraws a procedure. */
export interface Unregister {
  readonly kind: "unregister";
  readonly request: number;
  readonly registration: number;
}
/** Acknowledges an UNREGISTER. */
export interface Unregistered {
  readonly kind: "unregistered";
  /** 0: nobody asked, the router took it away; `details` then name the registration. */
  readonly request: number;
  readonly details?: Dict;
}
/** Asks a callee to run its procedure. */
export interface Invocation extends Payload {
  readonly kind: "invocation";
  readonly request: number;
  readonly registration: number;
  readonly details: Dict;
}
/** Asks a callee to stop an invocation. */
export interface Interrupt {
  readonly kind: "interrupt";
  readonly request: number;
  readonly options: Dict;
}
/** A callee's answer. */
export interface Yield extends Payload {
  readonly kind: "yield";
  readonly request: number;
  readonly options: Dict;
}

/** Any message. */
export type Message =
  | Hello
  | Welcome
  | Abort
  | Challenge
  | Authenticate
  | Goodbye
  | ErrorMessage
  | Publish
  | Published
  | Subscribe
  | Subscribed
  | Unsubscribe
  | Unsubscribed
  | EventMessage
  | Call
  | Cancel
  | Result
  | Register
  | Registered
  | Unregister
  | Unregistered
  | Invocation
  | Interrupt
  | Yield;

/** The requests that an ERROR can answer. */
export type RequestKind =
  | "publish"
  | "subscribe"
  | "unsubscribe"
  | "call"
  | "register"
  | "unregister"
  | "invocation";
