// The serializers that are spoken, in the order in which a router prefers them.
import { cborCodec } from "./cbor.ts";
import type { Codec } from "./codec.ts";
import { jsonCodec } from "./json.ts";
import { msgpackCodec } from "./msgpack.ts";

/** All of them. JSON first: forwarding it costs the least, and everybody can read it. */
export const allCodecs: readonly Codec[] = [jsonCodec, msgpackCodec, cborCodec];

/** The serializer that a WebSocket subprotocol names. */
export const codecOf = (subprotocol: string): Codec | undefined =>
  allCodecs.find((codec) => codec.subprotocol === subprotocol);
