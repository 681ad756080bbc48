// The shell around a socket after RawSocket's handshake, at either end: frames in and out, keep-alive by pings, one write a turn.
// RawSocket has no closing handshake: what is to be told is told by WAMP, and the socket ends.
import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { Clock, Timer } from "@s4t/kit";
import { SlowReaderWatch } from "../slow-reader.ts";
import type { Transport, TransportEnd, TransportListener } from "../transport.ts";
import { type KeepAlive, PING_EVERY_MS, startKeepAlive } from "./keep-alive.ts";
import { encodeRawFrame, RawFrameReader, rawTypes } from "./rawsocket-frames.ts";
import { CLOSE_TIMEOUT_MS } from "./websocket-timing.ts";

/** How much a connection may take, and who hears that it is gone. */
export interface RawTransportOptions {
  /** The greatest message that we said we take. */
  readonly maxFrameBytes: number;
  /** The greatest message that the peer said it takes. */
  readonly peerMaxBytes: number;
  readonly maxBufferedBytes: number;
  /** 0: none, for peers that cannot answer them; TCP's own keep-alive then tells who is gone. */
  readonly pingEveryMs: number;
  /** Whether messages are text: the serializer is JSON. */
  readonly isText: boolean;
  readonly onDone?: () => void;
}

const noBytes = Buffer.alloc(0);

/** One connection, after its handshake. */
export class RawSocketTransport implements Transport {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #options: RawTransportOptions;
  readonly #reader: RawFrameReader;
  readonly #keepAlive: KeepAlive | undefined;
  readonly #watch: SlowReaderWatch;
  #rest: Buffer;
  #listener: TransportListener | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #end: TransportEnd | undefined;
  #closing: Timer | undefined;
  #pingedAtMs: number | undefined;
  #roundTripMs: number | undefined;
  #corked = false;
  #isFlowing = false;

  constructor(socket: Socket, rest: Buffer, clock: Clock, options: RawTransportOptions) {
    this.#socket = socket;
    this.#rest = rest;
    this.#clock = clock;
    this.#options = options;
    this.#watch = new SlowReaderWatch(clock, options.maxBufferedBytes);
    this.#reader = new RawFrameReader(options.maxFrameBytes, {
      onMessage: (payload) => this.#onMessage(payload),
      onPing: (payload) => {
        // Of a peer that asks and never reads no more is held than of any other.
        if (socket.writableLength <= options.maxBufferedBytes) this.#write(rawTypes.pong, payload);
      },
      onPong: () => this.#onPong(),
      onViolation: (tooLong, because) =>
        this.#leave({ code: tooLong ? 1009 : 1002, reason: because }),
    });
    if (options.pingEveryMs > 0)
      this.#keepAlive = startKeepAlive(clock, options.pingEveryMs, {
        ping: () => this.#ping(),
        gone: () => this.#drop(1006, "The peer was not heard any more."),
        bytesRead: () => socket.bytesRead,
      });
    else socket.setKeepAlive(true, PING_EVERY_MS);
    socket.on("error", (error) => {
      this.#end ??= { code: 1006, reason: error.message };
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#onSocketClose());
  }

  get bufferedAmount(): number {
    return this.#socket.writableLength;
  }

  /** The last round trip of a ping of ours, ms. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  send(data: string | Uint8Array): void {
    if (this.#state !== "open") return;
    const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
    if (this.#watch.isTooSlow(this.#socket.writableLength))
      this.#drop(1008, "The peer reads too slowly.");
    // There is no way to leave it out: whoever waits for it would wait for ever.
    else if (bytes.length > this.#options.peerMaxBytes)
      this.#drop(1009, `The peer takes no message of ${bytes.length} bytes.`);
    else this.#write(rawTypes.message, bytes);
  }

  close(code: number, reason: string): void {
    this.#leave({ code, reason });
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    if (this.#state === "closed") {
      const end = this.#end ?? { code: 1006, reason: "The connection was lost." };
      queueMicrotask(() => listener.onClose(end));
      return;
    }
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    const rest = this.#rest;
    this.#rest = noBytes;
    queueMicrotask(() => {
      this.#reader.push(rest);
      // It was paused behind its handshake.
      this.#socket.on("data", (chunk: Buffer) => this.#reader.push(chunk)).resume();
    });
  }

  #onMessage(payload: Buffer): void {
    if (this.#state !== "open") return;
    // What is no text goes on as bytes: the serializer of texts refuses those, in WAMP's own words.
    const isText = this.#options.isText && isUtf8(payload);
    this.#listener?.onMessage(isText ? payload.toString("utf8") : payload);
  }

  #ping(): void {
    this.#pingedAtMs = this.#clock.monotonicMs();
    this.#write(rawTypes.ping, noBytes);
  }

  #onPong(): void {
    if (this.#pingedAtMs === undefined) return; // nobody asked: not an answer
    this.#roundTripMs = Math.round((this.#clock.monotonicMs() - this.#pingedAtMs) * 100) / 100;
    this.#pingedAtMs = undefined;
  }

  #write(type: number, payload: Uint8Array): void {
    if (this.#state !== "open" || !this.#socket.writable) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      setImmediate(() => this.#uncork());
    }
    this.#socket.write(encodeRawFrame(type, payload));
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  /** What was said goes out, and the socket ends. */
  #leave(end: TransportEnd): void {
    this.#end ??= end;
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#uncork();
    this.#socket.end();
    this.#socket.resume();
    this.#closing = this.#clock.after(CLOSE_TIMEOUT_MS, () => this.#socket.destroy());
  }

  #drop(code: number, reason: string): void {
    this.#end ??= { code, reason };
    this.#state = "closing";
    this.#socket.destroy();
  }

  #onSocketClose(): void {
    this.#state = "closed";
    this.#keepAlive?.stop();
    this.#closing?.cancel();
    this.#end ??= { code: 1006, reason: "The connection was lost." };
    this.#options.onDone?.();
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClose(this.#end);
  }
}
