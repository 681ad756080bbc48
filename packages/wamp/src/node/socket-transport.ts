// The life of a connection whose handshake is over, in whichever framing: bytes in, keep-alive, the first cause of its end, one goodbye.
// What is said and how it is read is the framing's, above.
import type { Socket } from "node:net";
import type { Clock, Timer } from "@s4t/kit";
import { readAtOnce } from "@s4t/kit/node/websocket";
import { SlowReaderWatch } from "../slow-reader.ts";
import type { Transport, TransportEnd, TransportListener } from "../transport.ts";
import {
  type KeepAlive,
  type KeptConnection,
  PING_EVERY_MS,
  startKeepAlive,
} from "./keep-alive.ts";
import { CLOSE_TIMEOUT_MS } from "./websocket-timing.ts";

/** How much a connection may take, and who hears that it is gone. */
export interface SocketTransportOptions {
  /** The greatest message that is taken. */
  readonly maxFrameBytes: number;
  readonly maxBufferedBytes: number;
  /** 0: none, for peers that cannot answer them; TCP's own keep-alive then tells who is gone. */
  readonly pingEveryMs: number;
  readonly onDone?: () => void;
}

const noBytes = Buffer.alloc(0);

/** A socket as a transport; a framing fills in what is abstract. */
export abstract class SocketTransport implements Transport, KeptConnection {
  protected readonly socket: Socket;
  protected readonly options: SocketTransportOptions;
  readonly #clock: Clock;
  readonly #keepAlive: KeepAlive | undefined;
  readonly #watch: SlowReaderWatch;
  /** Came with the handshake; read when somebody listens. */
  #rest: Buffer;
  #listener: TransportListener | undefined;
  #state: "open" | "closing" | "closed" = "open";
  /** What will be told as the end: the first cause, not what it brings about. */
  #end: TransportEnd | undefined;
  #closing: Timer | undefined;
  #pingedAtMs: number | undefined;
  #roundTripMs: number | undefined;
  #isFlowing = false;

  constructor(socket: Socket, rest: Buffer, clock: Clock, options: SocketTransportOptions) {
    this.socket = socket;
    this.options = options;
    this.#rest = rest;
    this.#clock = clock;
    this.#watch = new SlowReaderWatch(clock, options.maxBufferedBytes);
    if (options.pingEveryMs > 0) this.#keepAlive = startKeepAlive(clock, options.pingEveryMs, this);
    else socket.setKeepAlive(true, PING_EVERY_MS);
    socket.on("error", (error) => {
      this.#end ??= { code: 1006, reason: error.message };
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#onSocketClose());
  }

  /** Bytes that wait: for the end of the turn, or for the network. */
  abstract get bufferedAmount(): number;
  abstract close(code: number, reason: string): void;
  /** Reads what came; the bytes are lent for this call, and may be changed. */
  protected abstract read(bytes: Buffer): void;
  protected abstract write(data: string | Uint8Array, isForMany: boolean): void;
  protected abstract writePing(): void;

  /** The last round trip of a ping of ours, ms. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  send(data: string | Uint8Array, isForMany = false): void {
    if (this.maySend()) this.write(data, isForMany);
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    if (this.#state === "closed") {
      const end = this.#end ?? { code: 1006, reason: "The connection was lost." };
      queueMicrotask(() => listener.onClose(end));
      return;
    }
    this.#flow();
  }

  bytesRead(): number {
    return this.socket.bytesRead;
  }

  gone(): void {
    this.drop(1006, "The peer was not heard any more.");
  }

  ping(): void {
    if (this.#state !== "open") return;
    this.#pingedAtMs = this.#clock.monotonicMs();
    this.writePing();
  }

  onPong(): void {
    if (this.#pingedAtMs === undefined) return; // nobody asked: not an answer
    const tookMs = this.#clock.monotonicMs() - this.#pingedAtMs;
    this.#roundTripMs = Math.round(tookMs * 100) / 100;
    this.#pingedAtMs = undefined;
  }

  onMessage(data: string | Uint8Array): void {
    if (this.#state === "open") this.#listener?.onMessage(data);
  }

  /** Drops who leaves too much unread. */
  protected maySend(): boolean {
    if (this.#state !== "open") return false;
    if (!this.#watch.isTooSlow(this.bufferedAmount)) return true;
    this.drop(1008, "The peer reads too slowly.");
    return false;
  }

  /** Nothing more is said after `goodbye`; the peer has a moment to close. */
  protected leave(end: TransportEnd, goodbye: () => void): void {
    this.#end ??= end;
    if (this.#state !== "open") return;
    goodbye();
    this.#state = "closing";
    // Nobody may have listened yet: the peer's answer has to be read all the same.
    this.#flow();
    this.#closing = this.#clock.after(CLOSE_TIMEOUT_MS, () => this.socket.destroy());
  }

  protected drop(code: number, reason: string): void {
    this.#end ??= { code, reason };
    this.#state = "closing";
    this.socket.destroy();
  }

  #flow(): void {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    const rest = this.#rest;
    this.#rest = noBytes;
    // Nothing is delivered within the call.
    queueMicrotask(() => {
      if (rest.length > 0) this.read(rest);
      readAtOnce(this.socket, (bytes) => this.read(bytes));
      // It was paused behind its handshake.
      this.socket.resume();
    });
  }

  #onSocketClose(): void {
    this.#state = "closed";
    this.#keepAlive?.stop();
    this.#closing?.cancel();
    this.#end ??= { code: 1006, reason: "The connection was lost." };
    this.options.onDone?.();
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClose(this.#end);
  }
}
