// The client's end of a session, for programs: call, register, publish, subscribe.
import type { Credentials } from "../auth/authenticator.ts";
import type { WampError } from "../error.ts";
import type { Dict, Payload } from "../messages/message.ts";
import type { TransportEnd } from "../transport.ts";
import type { MatchPolicy } from "../uri.ts";

/** Bytes of a session that may wait for the network before another part of a call's arguments is asked for. */
export const MAX_UNSENT_BYTES = 256 * 1024;
/** Parts that may wait for a handler, and what they may have together; with more the call fails (`wamp.error.unavailable`). */
export const MAX_UNREAD_PARTS = 1_000;
export const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/**
 * Arguments that come later than their call (WAMP: Progressive Call Invocations): each that is yielded is sent as a part, and what is
 * returned, or nothing, as the last one. The next is asked for when no more than {@link MAX_UNSENT_BYTES} wait for the network; how
 * fast the callee reads is not in it (WAMP tells nobody): see {@link CallOptions.more}.
 */
export type MoreArguments = AsyncIterable<Payload, LastPart> | Iterable<Payload, LastPart>;
// biome-ignore lint/suspicious/noConfusingVoidType: a generator that returns nothing is one, too
type LastPart = Payload | undefined | void;

/** How a procedure is called. */
export interface CallOptions extends Payload {
  /**
   * More arguments, in parts that the callee reads while they come. Rejects with `wamp.error.feature_not_supported` where router or
   * callee cannot, with `wamp.error.unavailable` where the callee falls behind: it tells by results in between (`onProgress`) how
   * far it is, and this yields no more until then. What this throws gives the call up, and rejects it.
   */
  readonly more?: MoreArguments;
  /** The router gives up after this long, the callee is told: `wamp.error.timeout`. */
  readonly timeoutMs?: number;
  /** Lets the callee know who calls. */
  readonly discloseMe?: boolean;
  /** Hears results before the last one, where the callee sends some. */
  readonly onProgress?: (progress: CallResult) => void;
  /** Aborting rejects the call at once and sends CANCEL. */
  readonly signal?: AbortSignal;
  /**
   * What an abort does to the callee (WAMP: Call Canceling): `killnowait` interrupts it (default), `skip` lets it go on, `kill`
   * interrupts it, and the call ends with what it answers instead of at once.
   */
  readonly cancelMode?: "skip" | "kill" | "killnowait";
}

/** What came back. */
export interface CallResult {
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
}

/** One part of a call's arguments. */
export type CallPart = CallResult;

/** Who called, where the router disclosed it. */
export interface Caller {
  readonly session: number;
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
}

/** One call that came in. */
export interface IncomingCall {
  /** The procedure that was called; under a prefix registration the whole URI. */
  readonly procedure: string;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly caller: Caller | undefined;
  /** How far the router trusts this call; 0 is least. Undefined where the realm has no levels. */
  readonly trustLevel: number | undefined;
  /**
   * What comes after the first arguments, where the caller sends them in parts; to be read once, and as they come: more than
   * {@link MAX_UNREAD_PARTS} or {@link MAX_UNREAD_BYTES} that wait end the call. Throws the signal's reason when no more will come.
   */
  readonly more: AsyncIterable<CallPart> | undefined;
  /** What is left of the caller's patience when the call was sent, where the caller set a limit. */
  readonly timeoutMs: number | undefined;
  /** Sends a result before the last one; absent where the caller did not ask for any. */
  readonly progress: ((payload: Payload) => void) | undefined;
  /** Aborts when the caller gives up or leaves, or the session ends; its reason is a `WampError`. */
  readonly signal: AbortSignal;
}

/** Answers calls. A returned undefined is an empty result; what it throws becomes a WAMP ERROR. */
export type CallHandler = (
  call: IncomingCall,
  // biome-ignore lint/suspicious/noConfusingVoidType: handlers that return nothing are plain functions
) => Payload | undefined | void | Promise<Payload | undefined | void>;

/** One event that came in. */
export interface IncomingEvent {
  readonly topic: string;
  readonly publication: number;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  /** Who published it, where that was disclosed. */
  readonly publisher: Caller | undefined;
  /** How far the router trusts it; 0 is least. Undefined where the realm has no levels. */
  readonly trustLevel: number | undefined;
  /** Whether it was kept from before the topic was followed (`getRetained`). */
  readonly retained: boolean;
}

/** Hears events. */
export type EventHandler = (event: IncomingEvent) => void;

/** A procedure that is on offer. */
export interface Registration {
  readonly id: number;
  readonly procedure: string;
  /** Aborting rejects at once; it is withdrawn all the same. */
  unregister(signal?: AbortSignal): Promise<void>;
}

/** A topic that is followed. */
export interface Subscription {
  readonly id: number;
  readonly topic: string;
  /** Harmless where it is over already. Aborting rejects at once; the handler hears no more all the same. */
  unsubscribe(signal?: AbortSignal): Promise<void>;
}

/** How a session ended: the reason's URI, words for the log, and the transport's end where that came first. */
export interface SessionEnd {
  readonly reason: string;
  readonly message: string;
  readonly transport?: TransportEnd;
}

/** How a procedure is offered. */
export interface RegisterOptions {
  readonly match?: MatchPolicy;
  /** Who is called where several sessions offer the same. Default `single`: nobody else may. */
  readonly invoke?: "single" | "first" | "last" | "roundrobin" | "random";
  readonly discloseCaller?: boolean;
  /** Hears that the router took it away, and why. */
  readonly onRevoked?: (reason: string) => void;
  readonly signal?: AbortSignal;
}

/** How an event is published. */
export interface PublishOptions extends Payload {
  /** Default true: resolves when the router has it. */
  readonly acknowledge?: boolean;
  /** Default true: the publisher does not hear its own event. */
  readonly excludeMe?: boolean;
  /** Has the router keep it as the last of its topic, for those that follow it later; where the realm keeps any. */
  readonly retain?: boolean;
  /** Lets subscribers know who publishes. */
  readonly discloseMe?: boolean;
  /** Sessions, people and roles that do not get it, or that alone do (then less those that do not). */
  readonly exclude?: readonly number[];
  readonly excludeAuthids?: readonly string[];
  readonly excludeAuthroles?: readonly string[];
  readonly eligible?: readonly number[];
  readonly eligibleAuthids?: readonly string[];
  readonly eligibleAuthroles?: readonly string[];
  readonly signal?: AbortSignal;
}

/** How a topic is followed. */
export interface SubscribeOptions {
  readonly match?: MatchPolicy;
  /** Asks for the events that are kept of what it matches; they come first, `retained`. */
  readonly getRetained?: boolean;
  /** Hears that the router took it away, and why. */
  readonly onRevoked?: (reason: string) => void;
  readonly signal?: AbortSignal;
}

/** A joined session. */
export interface ClientSession {
  readonly id: number;
  readonly realm: string;
  readonly authid: string | undefined;
  readonly authrole: string | undefined;
  /** WELCOME's details, with `authextra` among them. */
  readonly details: Dict;
  call(procedure: string, options?: CallOptions): Promise<CallResult>;
  register(
    procedure: string,
    handler: CallHandler,
    options?: RegisterOptions,
  ): Promise<Registration>;
  /** Resolves when the router acknowledged it, or at once when `acknowledge` is false. */
  publish(topic: string, options?: PublishOptions): Promise<void>;
  subscribe(
    topic: string,
    handler: EventHandler,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  /** GOODBYE, and waits for the answer: a second at most, or until the signal is aborted. */
  close(reason?: string, signal?: AbortSignal): Promise<void>;
  /** Resolves, never rejects, when the session is over for whatever reason. */
  readonly closed: Promise<SessionEnd>;
}

/** How a realm is joined. */
export interface JoinOptions {
  readonly realm: string;
  /** Default: anonymous. */
  readonly credentials?: Credentials;
  /** Further members of HELLO's `authextra`. */
  readonly authextra?: Dict;
  readonly agent?: string;
  /** Default {@link JOIN_TIMEOUT_MS}. */
  readonly timeoutMs?: number;
  /** Turns what a handler threw into a WAMP ERROR; default: a `WampError` as it is, all else `wamp.error.runtime_error`. */
  readonly mapError?: (error: unknown) => WampError;
  /**
   * Hears what a handler of events, of progress or of a revocation threw, where nobody waits for it; the session goes on. Default: a
   * warning of the process, in pages `reportError`.
   */
  readonly onHandlerError?: (error: unknown) => void;
  readonly signal?: AbortSignal;
}

/** HELLO to WELCOME may take this long: a round trip, a database look-up and a signature, on a slow mobile link. */
export const JOIN_TIMEOUT_MS = 10_000;
