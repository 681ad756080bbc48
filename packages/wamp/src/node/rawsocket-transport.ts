// A socket after RawSocket's handshake, at either end: frames in and out, one write a turn. RawSocket has no closing handshake: what is
// to be told is told by WAMP, and the socket ends.
import { isUtf8 } from "node:buffer";
import type { Socket } from "node:net";
import type { Clock } from "@s4t/kit";
import type { TransportEnd } from "../transport.ts";
import { Corked } from "./corked.ts";
import {
  encodeRawFrame,
  type RawFrameListener,
  RawFrameReader,
  rawTypes,
} from "./rawsocket-frames.ts";
import { SocketTransport, type SocketTransportOptions } from "./socket-transport.ts";

/** How much a connection may take, and what its messages are. */
export interface RawTransportOptions extends SocketTransportOptions {
  /** The greatest message that the peer said it takes. */
  readonly peerMaxBytes: number;
  /** Whether messages are text: the serializer is JSON. */
  readonly isText: boolean;
}

const noBytes = Buffer.alloc(0);

/** One connection, after its handshake. */
export class RawSocketTransport extends SocketTransport implements RawFrameListener {
  readonly #raw: Pick<RawTransportOptions, "peerMaxBytes" | "isText">;
  readonly #corked: Corked;
  readonly #reader: RawFrameReader;

  constructor(socket: Socket, rest: Buffer, clock: Clock, options: RawTransportOptions) {
    super(socket, rest, clock, options);
    this.#raw = options;
    this.#corked = new Corked(socket);
    this.#reader = new RawFrameReader(options.maxFrameBytes, this);
  }

  get bufferedAmount(): number {
    return this.socket.writableLength;
  }

  close(code: number, reason: string): void {
    this.#leave({ code, reason });
  }

  onPayload(payload: Buffer): void {
    // What is no text goes on as bytes: the serializer of texts refuses those, in WAMP's own words.
    const isText = this.#raw.isText && isUtf8(payload);
    this.onMessage(isText ? payload.toString("utf8") : Buffer.from(payload));
  }

  onPing(payload: Buffer): void {
    // Of a peer that asks and never reads no more is held than of any other.
    if (this.isOpen && this.bufferedAmount <= this.options.maxBufferedBytes)
      this.#corked.write(encodeRawFrame(rawTypes.pong, payload));
  }

  onViolation(tooLong: boolean, because: string): void {
    this.#leave({ code: tooLong ? 1009 : 1002, reason: because });
  }

  protected read(bytes: Buffer): void {
    this.#reader.push(bytes);
  }

  protected write(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : data;
    // There is no way to leave it out: whoever waits for it would wait for ever.
    if (bytes.length > this.#raw.peerMaxBytes)
      this.drop(1009, `The peer takes no message of ${bytes.length} bytes.`);
    else this.#corked.write(encodeRawFrame(rawTypes.message, bytes));
  }

  protected writePing(): void {
    this.#corked.write(encodeRawFrame(rawTypes.ping, noBytes));
  }

  /** What was said goes out, and the socket ends. */
  #leave(end: TransportEnd): void {
    this.leave(end, () => {
      this.#corked.flush();
      this.socket.end();
    });
  }
}
