// How a router learns who joins, and how a client proves who it is. Everything here may be asynchronous (a database, the
// crypto pool): it happens before the router's turn, never within it.
import type { Dict } from "../messages/message.ts";

/** What a router knows of a connection besides its messages. */
export interface ConnectionFacts {
  readonly remoteAddress?: string;
  /** The 32 bytes of RFC 9266 `tls-exporter`; undefined where TLS does not end here. */
  readonly channelId?: () => Uint8Array | undefined;
  /** The last round trip of the transport's own keep-alive, ms; undefined before the first. */
  readonly roundTripMs?: () => number | undefined;
}

/** What a HELLO says about who wants in. */
export interface JoinRequest {
  readonly realm: string;
  readonly authid: string | undefined;
  readonly authextra: Dict;
  readonly connection: ConnectionFacts;
}

/** Who somebody turned out to be. */
export interface Principal {
  readonly authid: string;
  readonly authrole: string;
  /** Goes to the client in WELCOME and stays with the session for the router's owner. */
  readonly authextra?: Dict;
}

/** What an authenticator says: prove it, come in, or no. `pending` is plain data that comes back with the proof. */
export type Verdict =
  | { readonly kind: "challenge"; readonly extra: Dict; readonly pending: Dict }
  /** `told`: members of WELCOME's `authextra` beside the principal's, which nobody keeps. */
  | { readonly kind: "welcome"; readonly principal: Principal; readonly told?: Dict }
  | { readonly kind: "deny"; readonly uri?: string; readonly message: string };

/** The client's answer to a challenge. */
export interface Proof {
  readonly signature: string;
  readonly extra: Dict;
}

/** One way to join, by its WAMP name. */
export interface Authenticator {
  readonly method: string;
  start(request: JoinRequest): Verdict | Promise<Verdict>;
  finish(request: JoinRequest, pending: Dict, proof: Proof): Verdict | Promise<Verdict>;
}

/** The client's side of one way to join. */
export interface Credentials {
  readonly method: string;
  readonly authid?: string;
  /** Members of HELLO's `authextra` that the method needs. */
  readonly authextra?: Dict;
  /** Answers a CHALLENGE. */
  answer(extra: Dict): Proof | Promise<Proof>;
}
