// The shell around an upgraded socket at the client: frames in and out, the closing handshake, keep-alive, one flush a turn.
import { randomFillSync } from "node:crypto";
import type { Socket } from "node:net";
import type { Clock, Timer } from "@s4t/kit";
import { SlowReaderWatch } from "../slow-reader.ts";
import type { Transport, TransportEnd, TransportListener } from "../transport.ts";
import { type KeepAlive, startKeepAlive } from "./keep-alive.ts";
import { encodeClose, encodeFrame, FrameReader, opcodes } from "./websocket-frames.ts";
import { CLOSE_TIMEOUT_MS } from "./websocket-timing.ts";

/** How much a connection may take. */
export interface ClientSocketOptions {
  readonly maxFrameBytes: number;
  readonly maxBufferedBytes: number;
  readonly pingEveryMs: number;
}

const noBytes = Buffer.alloc(0);

/** Mask keys must not be foreseen by whoever chooses the payload (RFC 6455, 10.3); a pool saves a system call for each. */
const maskPool = Buffer.alloc(4_096);
let maskAt = maskPool.length;
const drawMask = (): Buffer => {
  if (maskAt === maskPool.length) {
    randomFillSync(maskPool);
    maskAt = 0;
  }
  maskAt += 4;
  return maskPool.subarray(maskAt - 4, maskAt);
};

/** A connection that we opened, after its upgrade. */
export class ClientSocketTransport implements Transport {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #reader: FrameReader;
  readonly #keepAlive: KeepAlive;
  readonly #watch: SlowReaderWatch;
  /** Came with the answer to the upgrade; read when somebody listens. */
  #rest: Buffer;
  #listener: TransportListener | undefined;
  #state: "open" | "closing" | "closed" = "open";
  /** What will be told as the end: the first cause, not what it brings about. */
  #end: TransportEnd | undefined;
  #closing: Timer | undefined;
  #corked = false;

  constructor(socket: Socket, rest: Buffer, clock: Clock, options: ClientSocketOptions) {
    this.#socket = socket;
    this.#rest = rest;
    this.#clock = clock;
    this.#watch = new SlowReaderWatch(clock, options.maxBufferedBytes);
    this.#reader = new FrameReader(
      { masked: false, maxMessageBytes: options.maxFrameBytes },
      {
        onMessage: (data) => {
          if (this.#state === "open") this.#listener?.onMessage(data);
        },
        onPing: (data) => {
          // Of a router that asks and never reads no more is held than of any other.
          if (socket.writableLength <= options.maxBufferedBytes) this.#write(opcodes.pong, data);
        },
        onPong: () => {},
        onClose: (code, reason) => this.#onPeerClose(code, reason),
        onViolation: (code, because) => this.#onViolation(code, because),
      },
    );
    this.#keepAlive = startKeepAlive(clock, options.pingEveryMs, {
      ping: () => this.#write(opcodes.ping, noBytes),
      gone: () => this.#drop(1006, "The peer was not heard any more."),
      bytesRead: () => socket.bytesRead,
    });
    socket.on("data", (chunk: Buffer) => this.#reader.push(chunk));
    socket.on("error", (error) => {
      this.#end ??= { code: 1006, reason: error.message };
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#onSocketClose());
  }

  get bufferedAmount(): number {
    return this.#socket.writableLength;
  }

  send(data: string | Uint8Array): void {
    if (this.#state !== "open") return;
    if (this.#watch.isTooSlow(this.#socket.writableLength))
      this.#drop(1008, "The peer reads too slowly.");
    else if (typeof data === "string") this.#write(opcodes.text, Buffer.from(data, "utf8"));
    else this.#write(opcodes.binary, data);
  }

  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    this.#end ??= { code, reason };
    this.#write(opcodes.close, encodeClose(code, reason));
    this.#leave();
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
    if (this.#state === "closed") {
      const end = this.#end ?? { code: 1006, reason: "The connection was lost." };
      queueMicrotask(() => listener.onClose(end));
      return;
    }
    const rest = this.#rest;
    this.#rest = noBytes;
    queueMicrotask(() => {
      if (rest.length > 0) this.#reader.push(rest);
      this.#socket.resume();
    });
  }

  #write(opcode: number, payload: Uint8Array): void {
    if (this.#state !== "open" || !this.#socket.writable) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(encodeFrame(opcode, payload, drawMask()));
  }

  #onPeerClose(code: number, reason: string): void {
    this.#end ??= { code, reason };
    // The answer carries the same code; 1005 means that there was none, and is never sent.
    this.#write(opcodes.close, code === 1005 ? noBytes : encodeClose(code, ""));
    this.#leave();
    // The server closes the TCP connection first (RFC 6455, 7.1.1); the timer is for one that does not.
    this.#socket.end();
  }

  #onViolation(code: number, because: string): void {
    this.#end ??= { code, reason: because };
    this.#write(opcodes.close, encodeClose(code, because));
    this.#leave();
    this.#socket.end();
  }

  /** Nothing more is sent; the peer has a moment to close. */
  #leave(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
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
    this.#keepAlive.stop();
    this.#closing?.cancel();
    this.#end ??= { code: 1006, reason: "The connection was lost." };
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClose(this.#end);
  }
}
