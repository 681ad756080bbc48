// The seam of serializers: a message as one frame. JSON fills it; MessagePack and CBOR come as files beside it.
import type { Message } from "../messages/message.ts";

/** A message type that this house does not know: counted, never fatal. */
export interface UnknownMessage {
  readonly kind: "unknown";
  readonly code: number;
}

/** Turns messages into frames and untrusted frames into messages. */
export interface Codec {
  /** The WebSocket subprotocol that names it. */
  readonly subprotocol: string;
  encode(message: Message): string | Uint8Array;
  /**
   * A text message as two parts, the second long and as it came; undefined where there is nothing to be gained. A part of a long text
   * is no copy of it, but what is joined is copied.
   */
  split?(message: Message): readonly [head: string, tail: string] | undefined;
  /** Throws a `WampError` `wamp.error.protocol_violation` for what is no WAMP message. */
  decode(frame: string | Uint8Array): Message | UnknownMessage;
  /** As {@link Codec.decode}, but the arguments of what a router forwards may be left as they came (`Payload.source`). */
  read(frame: string | Uint8Array): Message | UnknownMessage;
}
