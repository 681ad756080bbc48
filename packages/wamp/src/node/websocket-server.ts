// WebSocket connections that come in, as transports, on `ws`.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { Bug, type Clock } from "@s4t/kit";
import type { ConnectionFacts } from "../auth/authenticator.ts";
import type { Transport } from "../transport.ts";

/** What is accepted, and who gets it. */
export interface WebSocketDoorOptions {
  /** Subprotocols in order of preference; a client that speaks none of them is refused with 400. */
  readonly subprotocols: readonly string[];
  readonly onTransport: (transport: Transport, facts: AcceptedFacts) => void;
  readonly maxFrameBytes?: number;
  readonly maxBufferedBytes?: number;
  readonly pingEveryMs?: number;
}

/** What is known of an accepted connection. */
export interface AcceptedFacts extends ConnectionFacts {
  readonly subprotocol: string;
  readonly request: IncomingMessage;
}

/** A door that an HTTP server hands upgrades to. */
export interface WebSocketDoor {
  /** The handler of an HTTP server's `upgrade` event for the path that is ours. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly connections: number;
  /** Refuses new connections and closes the open ones with 1001. */
  close(): void;
}

/** Makes a {@link WebSocketDoor}. */
export const acceptWebSockets = (
  _options: WebSocketDoorOptions,
  _deps: { readonly clock: Clock },
): WebSocketDoor => {
  throw new Bug("being filled in");
};
