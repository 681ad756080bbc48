// An upgraded socket at the server: frames in and out, the closing handshake, one write a turn. `ws` spends more on a message than
// routing it costs: a stream, an event, a buffer and a write for each.
import type { Socket } from "node:net";
import type { Clock } from "@s4t/kit";
import { encodeClose, opcodes } from "@s4t/kit/node/websocket";
import { Outbox } from "./outbox.ts";
import { SocketTransport, type SocketTransportOptions } from "./socket-transport.ts";
import { type FrameListener, FrameReader } from "./websocket-frames.ts";

/** Where more than this waits, a ping is answered only when the network has taken it: who asks and never reads fills no memory. */
export const PONG_MARK_BYTES = 64 * 1024;

const noBytes = Buffer.alloc(0);

/** One accepted connection, after its upgrade. */
export class AcceptedTransport extends SocketTransport implements FrameListener {
  readonly #outbox: Outbox;
  readonly #reader: FrameReader;
  /** The latest ping that is still to be answered; earlier ones need no answer (RFC 6455, 5.5.3). */
  #unanswered: Uint8Array | undefined;

  constructor(socket: Socket, rest: Buffer, clock: Clock, options: SocketTransportOptions) {
    super(socket, rest, clock, options);
    this.#outbox = new Outbox(socket);
    this.#reader = new FrameReader({ masked: true, maxMessageBytes: options.maxFrameBytes }, this);
    // At once, so that the way to a peer is known from its start.
    this.ping();
  }

  get bufferedAmount(): number {
    return this.#outbox.waitingBytes;
  }

  close(code: number, reason: string): void {
    this.leave({ code, reason }, () =>
      this.#outbox.binary(opcodes.close, encodeClose(code, reason)),
    );
  }

  sendJoined(head: string, tail: string): void {
    if (this.maySend()) this.#outbox.joined(head, tail);
  }

  onPing(data: Uint8Array): void {
    if (!this.isOpen) return;
    const isAsked = this.#unanswered !== undefined;
    if (!isAsked && this.#outbox.waitingBytes < PONG_MARK_BYTES) {
      this.#outbox.binary(opcodes.pong, data);
      return;
    }
    this.#unanswered = Uint8Array.from(data);
    if (isAsked) return;
    this.#outbox.flush();
    // Nothing, behind all that waits: it is taken when that is.
    this.socket.write(noBytes, () => {
      const latest = this.#unanswered ?? noBytes;
      this.#unanswered = undefined;
      if (this.isOpen) this.#outbox.binary(opcodes.pong, latest);
    });
  }

  onClose(code: number, reason: string): void {
    // The answer carries the same code; 1005 means that there was none, and is never sent.
    this.#leaveFirst(code, reason, code === 1005 ? noBytes : encodeClose(code, ""));
  }

  onViolation(code: number, because: string): void {
    this.#leaveFirst(code, because, encodeClose(code, because));
  }

  protected read(bytes: Buffer): void {
    this.#reader.push(bytes);
  }

  protected write(data: string | Uint8Array, isForMany: boolean): void {
    if (typeof data === "string") this.#outbox.text(data, isForMany);
    else this.#outbox.binary(opcodes.binary, data);
  }

  protected writePing(): void {
    this.#outbox.binary(opcodes.ping, noBytes);
  }

  /** Says goodbye and closes the TCP connection first, as the server does (RFC 6455, 7.1.1). */
  #leaveFirst(code: number, reason: string, goodbye: Uint8Array): void {
    this.leave({ code, reason }, () => this.#outbox.binary(opcodes.close, goodbye));
    this.#outbox.flush();
    this.socket.destroySoon();
  }
}
