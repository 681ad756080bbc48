// Numbers and JSON as they travel, and the one way to say that a peer broke the rules.
import { Bug, type Json, parseJson } from "@s4t/kit";
import { MAX_JSON_BYTES } from "./frames.ts";

/** A peer broke the rules of the wire: thrown by whatever takes its frames, caught where they arrive. Never seen outside. */
export class ProtocolFault {
  readonly because: string;
  constructor(because: string) {
    this.because = because;
  }
}

export const broken = (because: string): never => {
  throw new ProtocolFault(because);
};

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** JSON as it travels. Throws for what is larger than {@link MAX_JSON_BYTES}. */
export const encodeJson = (value: Json): Uint8Array => {
  const payload = encoder.encode(JSON.stringify(value));
  if (payload.length > MAX_JSON_BYTES) throw new Bug(`a message of ${payload.length} bytes`);
  return payload;
};

export const readJson = (payload: Uint8Array): Json => {
  if (payload.length > MAX_JSON_BYTES) return broken("JSON beyond its limit");
  try {
    return parseJson(decoder.decode(payload)) as Json;
  } catch {
    return broken("no JSON");
  }
};

const noBytes = new Uint8Array(0);

/** A number, and what follows it. */
export const withU32 = (value: number, rest: Uint8Array = noBytes): Uint8Array => {
  const bytes = new Uint8Array(4 + rest.length);
  new DataView(bytes.buffer).setUint32(0, value);
  bytes.set(rest, 4);
  return bytes;
};

export const readU32 = (payload: Uint8Array): number => {
  if (payload.length < 4) return broken("a number is missing");
  return new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
};
