// WebSocket connections that come in, as transports. No HTTP server is made here: the one that there is hands upgrades over. It
// does NOT know WAMP, and it speaks no extensions: compression would cost a board memory that it does not have.
import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Bug, type Clock } from "@s4t/kit";
import { acceptUpgrade, offeredBy, refusalOf, refuseUpgrade } from "@s4t/kit/node/websocket";
import type { ConnectionFacts } from "../auth/authenticator.ts";
import { MAX_BUFFERED_BYTES, MAX_FRAME_BYTES, type Transport } from "../transport.ts";
import { AcceptedTransport } from "./accepted-transport.ts";
import { channelIdOf } from "./channel-id.ts";
import { PING_EVERY_MS } from "./keep-alive.ts";

/** What is accepted, and who gets it. */
export interface WebSocketDoorOptions {
  /** Subprotocols in order of preference; a client that speaks none of them is refused with 400. */
  readonly subprotocols: readonly string[];
  readonly onTransport: (transport: Transport, facts: AcceptedFacts) => void;
  readonly maxFrameBytes?: number;
  readonly maxBufferedBytes?: number;
  readonly pingEveryMs?: number;
  /**
   * Whether the pages of an origin may come (RFC 6455, 10.2); others are refused with 403. Programs name none, and always may.
   * Default: all may, which suits a door that lets nobody do anything without a proof.
   */
  readonly takesOrigin?: (origin: string) => boolean;
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

/**
 * Makes a {@link WebSocketDoor}.
 *
 * @example
 * const door = acceptWebSockets(
 *   {
 *     subprotocols: [jsonCodec.subprotocol],
 *     onTransport: (transport, facts) => router.attach(openPeer(transport, jsonCodec), { connection: facts }),
 *   },
 *   { clock: systemClock },
 * );
 * httpServer.on("upgrade", (request, socket, head) => door.handleUpgrade(request, socket, head));
 */
export const acceptWebSockets = (
  options: WebSocketDoorOptions,
  deps: { readonly clock: Clock },
): WebSocketDoor => {
  const chosenBy = (offered: Iterable<string>): string | undefined => {
    const names = new Set(offered);
    return options.subprotocols.find((name) => names.has(name));
  };
  const transports = new Set<AcceptedTransport>();
  let open = true;
  return {
    handleUpgrade(request, socket, head) {
      const subprotocol = chosenBy(offeredBy(request));
      const refusal = open ? refusalOf(request) : { status: "503 Service Unavailable" };
      if (refusal || subprotocol === undefined) {
        refuseUpgrade(socket, refusal ?? { status: "400 Bad Request" });
        return;
      }
      const { origin } = request.headers;
      if (origin !== undefined && options.takesOrigin?.(origin) === false) {
        refuseUpgrade(socket, { status: "403 Forbidden" });
        return;
      }
      // An HTTP server upgrades nothing but sockets; over TLS they are sockets, too.
      if (!(socket instanceof Socket)) throw new Bug("an upgrade that is no socket");
      acceptUpgrade(request, socket, subprotocol);
      socket.setTimeout(0);
      socket.setNoDelay(true);
      const transport = new AcceptedTransport(socket, head, deps.clock, {
        maxFrameBytes: options.maxFrameBytes ?? MAX_FRAME_BYTES,
        maxBufferedBytes: options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
        pingEveryMs: options.pingEveryMs ?? PING_EVERY_MS,
        onDone: () => transports.delete(transport),
      });
      transports.add(transport);
      const { remoteAddress } = request.socket;
      options.onTransport(transport, {
        subprotocol,
        request,
        ...(remoteAddress === undefined ? {} : { remoteAddress }),
        channelId: () => channelIdOf(socket),
        roundTripMs: () => transport.roundTripMs,
      });
    },
    get connections() {
      return transports.size;
    },
    close() {
      open = false;
      for (const transport of transports) transport.close(1001, "The server is closing.");
    },
  };
};
