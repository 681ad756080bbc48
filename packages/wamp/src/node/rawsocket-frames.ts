// WAMP RawSocket: four bytes of handshake each way, then frames of a four-byte head and a payload (WAMP, advanced profile: RawSocket
// Transport). Pure: no socket, no timer.
//
//   handshake   0x7F | length 4 bits, serializer 4 bits | 0 | 0        messages of up to 2^(9 + length) bytes
//   refusal     0x7F | error 4 bits, 0                  | 0 | 0        from the router alone
//   frame       reserved 5 bits, type 3 bits | length 24 bits | payload
import { Gathered } from "@s4t/kit/node/websocket";
import { WampError, wampErrors } from "../error.ts";

const MAGIC = 0x7f;
/** Bytes of a handshake, and of the head of a frame. */
export const RAW_HEAD_BYTES = 4;
/** A length has 24 bits, so no message is longer, whatever a handshake says. */
export const MAX_RAW_BYTES = 2 ** 24 - 1;

/** Serializers by their number on the wire. */
export const rawSerializers: Readonly<Record<number, string>> = {
  1: "wamp.2.json",
  2: "wamp.2.msgpack",
  3: "wamp.2.cbor",
};

/** Why a router refuses a handshake. */
export const rawErrors = {
  serializerUnsupported: 1,
  lengthUnacceptable: 2,
  reservedBits: 3,
  tooManyConnections: 4,
} as const;

/** What a frame is. */
export const rawTypes = { message: 0, ping: 1, pong: 2 } as const;

/** One side's handshake. */
export interface RawHandshake {
  /** The greatest message that this side takes, bytes. */
  readonly maxBytes: number;
  /** On the wire; 0 in a refusal, whose error then stands in the place of the length. */
  readonly serializer: number;
  readonly error: number;
}

const violation = (because: string): WampError =>
  new WampError(wampErrors.protocolViolation, because);

/** Reads a handshake of four bytes; throws `wamp.error.protocol_violation` where it is none. */
export const readHandshake = (bytes: Uint8Array): RawHandshake & { readonly reserved: boolean } => {
  const [magic, second = 0, third, fourth] = bytes;
  if (magic !== MAGIC) throw violation("A raw socket begins with 0x7F.");
  const [high, serializer] = [second >> 4, second & 15];
  return {
    maxBytes: Math.min(2 ** (9 + high), MAX_RAW_BYTES),
    serializer,
    error: serializer === 0 ? high : 0,
    reserved: third !== 0 || fourth !== 0,
  };
};

/** A handshake that takes messages of up to `maxBytes`: rounded down to what can be said, at least 512. */
export const encodeHandshake = (serializer: number, maxBytes: number): Buffer => {
  const length = Math.min(15, Math.max(0, Math.floor(Math.log2(maxBytes)) - 9));
  return Buffer.from([MAGIC, (length << 4) | serializer, 0, 0]);
};

/** A router's refusal. */
export const encodeRefusal = (error: number): Buffer => Buffer.from([MAGIC, error << 4, 0, 0]);

/** One frame. */
export const encodeRawFrame = (type: number, payload: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(RAW_HEAD_BYTES + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame[0] = type;
  frame.set(payload, RAW_HEAD_BYTES);
  return frame;
};

/** Who hears a {@link RawFrameReader}, payloads lent for the call. After `onViolation` nothing more comes. */
export interface RawFrameListener {
  onPayload(payload: Buffer): void;
  onPing(payload: Buffer): void;
  onPong(payload: Buffer): void;
  onViolation(tooLong: boolean, because: string): void;
}

/** Reads frames from chunks cut anywhere; nothing of the chunks is kept. */
export class RawFrameReader {
  readonly #maxBytes: number;
  readonly #listener: RawFrameListener;
  /** What came of a head or a payload that lies across reads. */
  #gathered: Gathered | undefined;
  /** Of the frame under way; -1 before its head is whole. */
  #type = -1;
  #payloadBytes = 0;
  #done = false;

  constructor(maxBytes: number, listener: RawFrameListener) {
    this.#maxBytes = maxBytes;
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let at = 0;
    // An empty payload needs no more bytes to be whole.
    while (!this.#done && (at < chunk.length || this.#isEmpty)) {
      const wanted = this.#type === -1 ? RAW_HEAD_BYTES : this.#payloadBytes;
      const end = Math.min(chunk.length, at + wanted - (this.#gathered?.count ?? 0));
      const piece = chunk.subarray(at, end);
      at = end;
      if (this.#gathered === undefined && piece.length === wanted) this.#onWhole(piece);
      else {
        this.#gathered ??= new Gathered();
        this.#gathered.add(piece, wanted - this.#gathered.count - piece.length);
        if (this.#gathered.count < wanted) return;
        const { bytes } = this.#gathered;
        this.#gathered = undefined;
        this.#onWhole(bytes);
      }
    }
  }

  get #isEmpty(): boolean {
    return this.#type !== -1 && this.#payloadBytes === 0;
  }

  #onWhole(bytes: Buffer): void {
    const type = this.#type;
    if (type === -1) this.#onHead(bytes);
    else {
      this.#type = -1;
      if (type === rawTypes.message) this.#listener.onPayload(bytes);
      else if (type === rawTypes.ping) this.#listener.onPing(bytes);
      else this.#listener.onPong(bytes);
    }
  }

  #onHead(head: Buffer): void {
    const type = head[0] as number;
    const payloadBytes = head.readUIntBE(1, 3);
    if (type > rawTypes.pong) this.#violate(false, "Reserved bits or types of a frame.");
    // Before it is read, as the handshake said.
    else if (payloadBytes > this.#maxBytes)
      this.#violate(true, `A message may have ${this.#maxBytes} bytes.`);
    else {
      this.#type = type;
      this.#payloadBytes = payloadBytes;
    }
  }

  #violate(tooLong: boolean, because: string): void {
    this.#done = true;
    this.#listener.onViolation(tooLong, because);
  }
}
