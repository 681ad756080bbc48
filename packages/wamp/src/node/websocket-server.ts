// WebSocket connections that come in, as transports, on `ws`. No HTTP server is made here: the one that there is hands upgrades
// over. It does NOT know WAMP.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock, Timer } from "@s4t/kit";
import { type WebSocket, WebSocketServer } from "ws";
import type { ConnectionFacts } from "../auth/authenticator.ts";
import {
  MAX_BUFFERED_BYTES,
  MAX_FRAME_BYTES,
  type Transport,
  type TransportEnd,
  type TransportListener,
} from "../transport.ts";
import { channelIdOf } from "./channel-id.ts";
import { type KeepAlive, PING_EVERY_MS, startKeepAlive } from "./keep-alive.ts";
import { CLOSE_TIMEOUT_MS } from "./websocket-timing.ts";

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

interface AcceptedOptions {
  readonly maxBufferedBytes: number;
  readonly pingEveryMs: number;
  readonly onDone: () => void;
}

/** One accepted connection. */
class AcceptedTransport implements Transport {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #options: AcceptedOptions;
  readonly #keepAlive: KeepAlive;
  #listener: TransportListener | undefined;
  #end: TransportEnd | undefined;
  #dropped: TransportEnd | undefined;
  #corked = false;
  #pingedAtMs: number | undefined;
  #roundTripMs: number | undefined;
  #closing: Timer | undefined;

  constructor(ws: WebSocket, socket: Socket, clock: Clock, options: AcceptedOptions) {
    this.#ws = ws;
    this.#socket = socket;
    this.#clock = clock;
    this.#options = options;
    this.#keepAlive = startKeepAlive(clock, options.pingEveryMs, {
      ping: () => this.#ping(),
      gone: () => this.#drop(1006, "The peer was not heard any more."),
      bytesRead: () => socket.bytesRead,
    });
    ws.pause();
    ws.on("message", (data: Buffer, isBinary: boolean) => {
      this.#listener?.onMessage(isBinary ? data : data.toString("utf8"));
    });
    ws.on("pong", () => this.#onPong());
    // At once, so that the way to a peer is known from its start.
    this.#ping();
    // `ws` closes by itself, with the right code, after an error; `close` follows always.
    ws.on("error", (error) => {
      this.#dropped ??= { code: 1002, reason: error.message };
    });
    ws.on("close", (code, reason) => this.#onClose({ code, reason: reason.toString("utf8") }));
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  #ping(): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.#pingedAtMs = this.#clock.monotonicMs();
    this.#ws.ping();
  }

  #onPong(): void {
    if (this.#pingedAtMs === undefined) return; // nobody asked: not an answer
    const tookMs = this.#clock.monotonicMs() - this.#pingedAtMs;
    this.#roundTripMs = Math.round(tookMs * 100) / 100;
    this.#pingedAtMs = undefined;
  }

  send(data: string | Uint8Array): void {
    if (this.#ws.readyState !== this.#ws.OPEN || this.#dropped) return;
    if (this.#ws.bufferedAmount > this.#options.maxBufferedBytes) {
      this.#drop(1008, "The peer reads too slowly.");
      return;
    }
    this.#cork();
    this.#ws.send(data);
  }

  close(code: number, reason: string): void {
    if (this.#ws.readyState !== this.#ws.OPEN || this.#closing) return;
    // A reason is at most 123 bytes (RFC 6455, 5.5); ours are ASCII.
    this.#ws.close(code, reason.slice(0, 120));
    this.#closing = this.#clock.after(CLOSE_TIMEOUT_MS, () => this.#ws.terminate());
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    const end = this.#end;
    if (end) queueMicrotask(() => listener.onClose(end));
    else this.#ws.resume();
  }

  /** One flush for all that a turn sends. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  #drop(code: number, reason: string): void {
    this.#dropped ??= { code, reason };
    this.#ws.terminate();
  }

  #onClose(end: TransportEnd): void {
    this.#keepAlive.stop();
    this.#closing?.cancel();
    this.#end = this.#dropped ?? end;
    this.#options.onDone();
    this.#listener?.onClose(this.#end);
  }
}

const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.on("error", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

const offeredBy = (request: IncomingMessage): readonly string[] =>
  (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());

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
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxFrameBytes ?? MAX_FRAME_BYTES,
    handleProtocols: (offered) => chosenBy(offered) ?? false,
  });
  const transports = new Set<AcceptedTransport>();
  let open = true;
  return {
    handleUpgrade(request, socket, head) {
      const subprotocol = chosenBy(offeredBy(request));
      if (!open || subprotocol === undefined) {
        refuseUpgrade(socket, open ? "400 Bad Request" : "503 Service Unavailable");
        return;
      }
      server.handleUpgrade(request, socket, head, (ws) => {
        const transport = new AcceptedTransport(ws, request.socket, deps.clock, {
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
