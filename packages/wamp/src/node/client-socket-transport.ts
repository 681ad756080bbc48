// An upgraded socket at the client: frames in and out, the closing handshake, one write a turn.
import type { Socket } from "node:net";
import type { Clock } from "@s4t/kit";
import { drawMask, encodeClose, encodeFrame, opcodes } from "@s4t/kit/node/websocket";
import { Corked } from "./corked.ts";
import { SocketTransport, type SocketTransportOptions } from "./socket-transport.ts";
import { type FrameListener, FrameReader } from "./websocket-frames.ts";

const noBytes = Buffer.alloc(0);

/** A connection that we opened, after its upgrade. */
export class ClientSocketTransport extends SocketTransport implements FrameListener {
  readonly #corked: Corked;
  readonly #reader: FrameReader;

  constructor(socket: Socket, rest: Buffer, clock: Clock, options: SocketTransportOptions) {
    super(socket, rest, clock, options);
    this.#corked = new Corked(socket);
    this.#reader = new FrameReader({ masked: false, maxMessageBytes: options.maxFrameBytes }, this);
  }

  get bufferedAmount(): number {
    return this.socket.writableLength;
  }

  close(code: number, reason: string): void {
    this.leave({ code, reason }, () => this.#frame(opcodes.close, encodeClose(code, reason)));
    this.#corked.flush();
  }

  onPing(data: Uint8Array): void {
    // Of a router that asks and never reads no more is held than of any other.
    if (this.isOpen && this.bufferedAmount <= this.options.maxBufferedBytes)
      this.#frame(opcodes.pong, data);
  }

  onClose(code: number, reason: string): void {
    // The answer carries the same code; 1005 means that there was none, and is never sent.
    this.#leaveSecond(code, reason, code === 1005 ? noBytes : encodeClose(code, ""));
  }

  onViolation(code: number, because: string): void {
    this.#leaveSecond(code, because, encodeClose(code, because));
  }

  protected read(bytes: Buffer): void {
    this.#reader.push(bytes);
  }

  protected write(data: string | Uint8Array): void {
    if (typeof data === "string") this.#frame(opcodes.text, Buffer.from(data, "utf8"));
    else this.#frame(opcodes.binary, data);
  }

  protected writePing(): void {
    this.#frame(opcodes.ping, noBytes);
  }

  #frame(opcode: number, payload: Uint8Array): void {
    this.#corked.write(encodeFrame(opcode, payload, drawMask()));
  }

  /** The server closes the TCP connection first (RFC 6455, 7.1.1); for one that does not there is a time. */
  #leaveSecond(code: number, reason: string, goodbye: Uint8Array): void {
    this.leave({ code, reason }, () => this.#frame(opcodes.close, goodbye));
    this.socket.end();
  }
}
