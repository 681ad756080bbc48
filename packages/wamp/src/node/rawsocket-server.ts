// RawSocket connections that come in, over TCP or Unix sockets, as transports. No server is made here: the one that there is hands its
// connections over.
import type { Socket } from "node:net";
import type { Clock } from "@s4t/kit";
import type { ConnectionFacts } from "../auth/authenticator.ts";
import { MAX_BUFFERED_BYTES, MAX_FRAME_BYTES, type Transport } from "../transport.ts";
import { channelIdOf } from "./channel-id.ts";
import { PING_EVERY_MS } from "./keep-alive.ts";
import { encodeHandshake, encodeRefusal, rawErrors, rawSerializers } from "./rawsocket-frames.ts";
import {
  type HeardHandshake,
  hearHandshake,
  RAW_HANDSHAKE_TIMEOUT_MS,
} from "./rawsocket-handshake.ts";
import { RawSocketTransport } from "./rawsocket-transport.ts";

/** What is known of an accepted connection. */
export interface RawAcceptedFacts extends ConnectionFacts {
  /** The serializer, by the name that it has as a WebSocket subprotocol. */
  readonly subprotocol: string;
}

/** What is accepted, and who gets it. */
export interface RawSocketDoorOptions {
  readonly subprotocols: readonly string[];
  readonly onTransport: (transport: Transport, facts: RawAcceptedFacts) => void;
  /** Said in the handshake, rounded down to a power of two: at least 512, less than 2^24. */
  readonly maxFrameBytes?: number;
  readonly maxBufferedBytes?: number;
  /** 0: no pings, for peers that cannot answer them (python3-autobahn on asyncio); TCP's keep-alive then tells who is gone. */
  readonly pingEveryMs?: number;
  readonly handshakeTimeoutMs?: number;
  /** Above it whoever comes is told so (error 4). */
  readonly maxConnections?: number;
}

/** A door that a server of `node:net` or `node:tls` hands connections to. */
export interface RawSocketDoor {
  /** The handler of a server's `connection` event. */
  handleConnection(socket: Socket): void;
  /** Handshakes under way among them. */
  readonly connections: number;
  /** Refuses new connections and ends the open ones. */
  close(): void;
}

/**
 * Makes a {@link RawSocketDoor}.
 *
 * @example
 * const door = acceptRawSockets(
 *   {
 *     subprotocols: [jsonCodec.subprotocol],
 *     onTransport: (transport, facts) => router.attach(openPeer(transport, jsonCodec), { connection: facts }),
 *   },
 *   { clock: systemClock },
 * );
 * createServer((socket) => door.handleConnection(socket)).listen("/run/router.sock");
 */
export const acceptRawSockets = (
  options: RawSocketDoorOptions,
  { clock }: { readonly clock: Clock },
): RawSocketDoor => {
  const wanted = options.maxFrameBytes ?? MAX_FRAME_BYTES;
  const sockets = new Set<Socket>();
  let open = true;
  const refuse = (socket: Socket, error: number): void => {
    socket.end(encodeRefusal(error));
    socket.resume();
    clock.after(1_000, () => socket.destroy());
  };
  const welcome = (socket: Socket, { handshake, rest }: HeardHandshake): void => {
    const subprotocol = rawSerializers[handshake.serializer];
    if (handshake.reserved) {
      refuse(socket, rawErrors.reservedBits);
      return;
    }
    if (subprotocol === undefined || !options.subprotocols.includes(subprotocol)) {
      refuse(socket, rawErrors.serializerUnsupported);
      return;
    }
    const answer = encodeHandshake(handshake.serializer, wanted);
    socket.write(answer);
    const transport = new RawSocketTransport(socket, rest, clock, {
      // What the answer says, not what was wanted.
      maxFrameBytes: Math.min(2 ** (9 + ((answer[1] as number) >> 4)), wanted),
      peerMaxBytes: handshake.maxBytes,
      maxBufferedBytes: options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
      pingEveryMs: options.pingEveryMs ?? PING_EVERY_MS,
      isText: subprotocol === "wamp.2.json",
    });
    const { remoteAddress } = socket;
    options.onTransport(transport, {
      subprotocol,
      ...(remoteAddress === undefined ? {} : { remoteAddress }),
      channelId: () => channelIdOf(socket),
      roundTripMs: () => transport.roundTripMs,
    });
  };
  return {
    handleConnection(socket) {
      socket.on("error", () => {}); // told by its close
      if (!open || sockets.size >= (options.maxConnections ?? Number.POSITIVE_INFINITY)) {
        refuse(socket, rawErrors.tooManyConnections);
        return;
      }
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.setNoDelay(true);
      hearHandshake(socket, clock, options.handshakeTimeoutMs ?? RAW_HANDSHAKE_TIMEOUT_MS).then(
        (heard) => welcome(socket, heard),
        // No raw socket, or too slow to be one: there is nothing to say that it would understand.
        () => socket.destroy(),
      );
    },
    get connections() {
      return sockets.size;
    },
    close() {
      open = false;
      for (const socket of sockets) socket.destroySoon();
    },
  };
};
