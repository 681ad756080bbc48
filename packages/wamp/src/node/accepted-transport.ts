// The shell around an upgraded socket at the server: frames in and out, the closing handshake, keep-alive, one write a turn. `ws`
// spends more on a message than routing it costs: a stream, an event, a buffer and a write for each.
import type { Socket } from "node:net";
import type { Clock, Timer } from "@s4t/kit";
import { SlowReaderWatch } from "../slow-reader.ts";
import type { Transport, TransportEnd, TransportListener } from "../transport.ts";
import { type KeepAlive, startKeepAlive } from "./keep-alive.ts";
import { Outbox } from "./outbox.ts";
import { encodeClose, FrameReader, opcodes } from "./websocket-frames.ts";
import { CLOSE_TIMEOUT_MS } from "./websocket-timing.ts";

/** How much an accepted connection may take, and who hears that it is gone. */
export interface AcceptedOptions {
  readonly maxFrameBytes: number;
  readonly maxBufferedBytes: number;
  readonly pingEveryMs: number;
  readonly onDone: () => void;
}

/** Where more than this waits, a ping is answered only when the network has taken it: who asks and never reads fills no memory. */
export const PONG_MARK_BYTES = 64 * 1024;

const noBytes = Buffer.alloc(0);

/** One accepted connection, after its upgrade. */
export class AcceptedTransport implements Transport {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #options: AcceptedOptions;
  readonly #outbox: Outbox;
  readonly #reader: FrameReader;
  readonly #keepAlive: KeepAlive;
  readonly #watch: SlowReaderWatch;
  /** Came with the request; read when somebody listens. */
  #rest: Buffer;
  #listener: TransportListener | undefined;
  #state: "open" | "closing" | "closed" = "open";
  /** What will be told as the end: the first cause, not what it brings about. */
  #end: TransportEnd | undefined;
  #closing: Timer | undefined;
  #pingedAtMs: number | undefined;
  #roundTripMs: number | undefined;
  /** The latest ping that is still to be answered; earlier ones need no answer (RFC 6455, 5.5.3). */
  #unanswered: Uint8Array | undefined;
  #isFlowing = false;

  constructor(socket: Socket, rest: Buffer, clock: Clock, options: AcceptedOptions) {
    this.#socket = socket;
    this.#rest = rest;
    this.#clock = clock;
    this.#options = options;
    this.#outbox = new Outbox(socket);
    this.#watch = new SlowReaderWatch(clock, options.maxBufferedBytes);
    this.#reader = new FrameReader(
      { masked: true, maxMessageBytes: options.maxFrameBytes },
      {
        onMessage: (data) => {
          if (this.#state === "open") this.#listener?.onMessage(data);
        },
        onPing: (data) => this.#onPing(data),
        onPong: () => this.#onPong(),
        onClose: (code, reason) => this.#onPeerClose(code, reason),
        onViolation: (code, because) => this.#leave({ code, reason: because }, code, because),
      },
    );
    this.#keepAlive = startKeepAlive(clock, options.pingEveryMs, {
      ping: () => this.#ping(),
      gone: () => this.#drop(1006, "The peer was not heard any more."),
      bytesRead: () => socket.bytesRead,
    });
    socket.on("error", (error) => {
      this.#end ??= { code: 1006, reason: error.message };
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#onSocketClose());
    // At once, so that the way to a peer is known from its start.
    this.#ping();
  }

  get bufferedAmount(): number {
    return this.#outbox.waitingBytes;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  send(data: string | Uint8Array): void {
    if (this.#state !== "open") return;
    if (this.#watch.isTooSlow(this.#outbox.waitingBytes))
      this.#drop(1008, "The peer reads too slowly.");
    else if (typeof data === "string") this.#outbox.text(data);
    else this.#outbox.binary(opcodes.binary, data);
  }

  close(code: number, reason: string): void {
    if (this.#state !== "open") return;
    this.#end ??= { code, reason };
    this.#control(opcodes.close, encodeClose(code, reason));
    this.#state = "closing";
    // Nobody may have listened yet: the peer's answer has to be read all the same.
    this.#flow();
    this.#closing = this.#clock.after(CLOSE_TIMEOUT_MS, () => this.#socket.destroy());
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

  #flow(): void {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    const rest = this.#rest;
    this.#rest = noBytes;
    queueMicrotask(() => {
      if (rest.length > 0) this.#reader.push(rest);
      this.#socket.on("data", (chunk: Buffer) => this.#reader.push(chunk));
    });
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (this.#state === "open") this.#outbox.binary(opcode, payload);
  }

  #ping(): void {
    if (this.#state !== "open") return;
    this.#pingedAtMs = this.#clock.monotonicMs();
    this.#control(opcodes.ping, noBytes);
  }

  #onPing(data: Uint8Array): void {
    if (this.#unanswered !== undefined) {
      this.#unanswered = Uint8Array.from(data);
      return;
    }
    if (this.#outbox.waitingBytes < PONG_MARK_BYTES) {
      this.#control(opcodes.pong, data);
      return;
    }
    this.#unanswered = Uint8Array.from(data);
    this.#outbox.flush();
    // Nothing, behind all that waits: it is taken when that is.
    this.#socket.write(noBytes, () => {
      const latest = this.#unanswered ?? noBytes;
      this.#unanswered = undefined;
      this.#control(opcodes.pong, latest);
    });
  }

  #onPong(): void {
    if (this.#pingedAtMs === undefined) return; // nobody asked: not an answer
    const tookMs = this.#clock.monotonicMs() - this.#pingedAtMs;
    this.#roundTripMs = Math.round(tookMs * 100) / 100;
    this.#pingedAtMs = undefined;
  }

  #onPeerClose(code: number, reason: string): void {
    // The answer carries the same code; 1005 means that there was none, and is never sent.
    const answer = code === 1005 ? undefined : code;
    if (this.#state === "open") this.#leave({ code, reason }, answer, "");
    else this.#socket.destroySoon();
  }

  /** Says goodbye and closes the TCP connection first, as the server does (RFC 6455, 7.1.1). */
  #leave(end: TransportEnd, code: number | undefined, reason: string): void {
    this.#end ??= end;
    if (this.#state === "open")
      this.#control(opcodes.close, code === undefined ? noBytes : encodeClose(code, reason));
    this.#state = "closing";
    this.#outbox.flush();
    this.#closing ??= this.#clock.after(CLOSE_TIMEOUT_MS, () => this.#socket.destroy());
    this.#socket.destroySoon();
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
    this.#options.onDone();
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClose(this.#end);
  }
}
