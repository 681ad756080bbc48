// What a realm tells others about one of its sessions, and how much one session may hold.
import type { ConnectionFacts } from "../auth/authenticator.ts";
import type { Dict } from "../messages/message.ts";

/** A joined session as authorizers and the router's owner see it. */
export interface SessionInfo {
  readonly id: number;
  readonly realm: string;
  readonly authid: string;
  readonly authrole: string;
  readonly authmethod: string;
  /** What the authenticator said of it. */
  readonly principalExtra: Dict;
  readonly connection: ConnectionFacts;
}

/**
 * Calls that one session may have unanswered as caller. The cloud's own session asks thousands of boards at once; a board
 * reports one thing at a time.
 */
export const MAX_PENDING_CALLS = 10_000;
/** Invocations that one callee may have unanswered; above it callers get `wamp.error.unavailable` instead of a queue. */
export const MAX_PENDING_INVOCATIONS = 1_000;
/** Procedures that one session may offer. A board registers one prefix. */
export const MAX_REGISTRATIONS = 1_000;
/** Topics that one session may follow. */
export const MAX_SUBSCRIPTIONS = 1_000;

/** Requests of a session a second, a second's worth at once. A realm of strangers sets one; the cloud's own sessions have none. */
export const MAX_REQUESTS_PER_SECOND = Number.POSITIVE_INFINITY;

/** How much one session may hold in the router, and how fast it may ask. */
export interface SessionLimits {
  readonly pendingCalls: number;
  readonly pendingInvocations: number;
  readonly registrations: number;
  readonly subscriptions: number;
  /**
   * CALL, PUBLISH, REGISTER, SUBSCRIBE and results before the last one together; above it they are refused as
   * `wamp.error.unavailable`, and a call whose callee sends more of such results ends with it.
   */
  readonly requestsPerSecond: number;
}

/** The limits of a session for which nobody asked for others. */
export const defaultSessionLimits: SessionLimits = {
  pendingCalls: MAX_PENDING_CALLS,
  pendingInvocations: MAX_PENDING_INVOCATIONS,
  registrations: MAX_REGISTRATIONS,
  subscriptions: MAX_SUBSCRIPTIONS,
  requestsPerSecond: MAX_REQUESTS_PER_SECOND,
};
