// What the binary serializers share: messages as lists, and arguments that are handed on as the bytes that they came as.
import { WampError, wampErrors } from "../error.ts";
import { encodeHead } from "../messages/encode.ts";
import {
  type Call,
  type Dict,
  isDict,
  type Message,
  messageCodes,
  type Payload,
  type PayloadSource,
  type Publish,
  type Yield,
} from "../messages/message.ts";
import { parseMessage } from "../messages/parse.ts";
import { opened } from "../messages/payload.ts";
import { ByteReader, unreadable } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { Codec } from "./codec.ts";

/** How values look as bytes. What cannot be read throws `wamp.error.protocol_violation`. */
export interface BinaryFormat {
  readonly name: string;
  write(out: ByteWriter, value: unknown): void;
  writeListHead(out: ByteWriter, length: number): void;
  /** `depth`: how many lists and dictionaries the value lies in. */
  read(from: ByteReader, depth: number): unknown;
  /** Goes over a value that is as good as one that was read; says what it was. */
  skip(from: ByteReader, depth: number): "list" | "map" | "other";
  /** How many members the list has that begins here; undefined: none begins, or it does not say. */
  readListHead(from: ByteReader): number | undefined;
}

/** Members of a message lie one level down. */
const INSIDE = 1;

class BinarySource implements PayloadSource {
  readonly serializer: string;
  readonly content: Uint8Array;
  readonly members: number;
  readonly #format: BinaryFormat;

  constructor(format: BinaryFormat, content: Uint8Array, members: number) {
    this.serializer = format.name;
    this.content = content;
    this.members = members;
    this.#format = format;
  }

  open(): Payload {
    const from = new ByteReader(this.content);
    if (this.members === 0) return {};
    const args = this.#format.read(from, INSIDE) as readonly unknown[];
    return this.members === 1
      ? { args }
      : { args, kwargs: this.#format.read(from, INSIDE) as Dict };
  }
}

/** The rest of a message as it is: arguments, and keyword arguments. */
const readSource = (
  format: BinaryFormat,
  from: ByteReader,
  members: number,
): PayloadSource | undefined => {
  const { at } = from;
  if (members > 2) return undefined;
  if (members > 0 && format.skip(from, INSIDE) !== "list") return undefined;
  if (members > 1 && format.skip(from, INSIDE) !== "map") return undefined;
  if (from.left > 0) return undefined;
  return new BinarySource(format, from.bytes.subarray(at), members);
};

const kinds = new Map<unknown, "call" | "yield" | "publish">([
  [messageCodes.call, "call"],
  [messageCodes.yield, "yield"],
  [messageCodes.publish, "publish"],
]);

/** CALL, YIELD and PUBLISH from their heads; undefined for everything else, which is read as a whole. */
const readHead = (format: BinaryFormat, from: ByteReader): Call | Yield | Publish | undefined => {
  const members = format.readListHead(from);
  const kind = members === undefined ? undefined : kinds.get(format.read(from, INSIDE));
  const headMembers = kind === "yield" ? 3 : 4;
  if (kind === undefined || members === undefined || members < headMembers) return undefined;
  const request = format.read(from, INSIDE);
  const options = format.read(from, INSIDE);
  const uri = kind === "yield" ? "" : format.read(from, INSIDE);
  if (!isDict(options) || typeof uri !== "string") return undefined;
  const parsed = parseMessage([
    messageCodes[kind],
    request,
    options,
    ...(kind === "yield" ? [] : [uri]),
  ]);
  const source = readSource(format, from, members - headMembers);
  if (source === undefined) return undefined;
  return { ...(parsed as Call | Yield | Publish), source };
};

/** Makes the codec of a format. */
export const createBinaryCodec = (format: BinaryFormat, subprotocol: string): Codec => {
  const out = new ByteWriter();
  /** One event goes to all who follow a topic, one after the other. */
  const last: { event: Message | undefined; frame: Uint8Array } = {
    event: undefined,
    frame: new Uint8Array(0),
  };

  const encode = (message: Message): Uint8Array => {
    const head = encodeHead(message);
    const payload = message as Payload;
    const { source } = payload;
    try {
      if (source && source.serializer === format.name) {
        format.writeListHead(out, head.length + source.members);
        for (const one of head) format.write(out, one);
        out.bytes(source.content as Uint8Array);
      } else {
        const { args, kwargs } = opened(payload);
        const tail = kwargs !== undefined ? [args ?? [], kwargs] : args !== undefined ? [args] : [];
        format.write(out, [...head, ...tail]);
      }
      return out.take();
    } finally {
      out.reset();
    }
  };

  const decode: Codec["decode"] = (frame) => {
    if (typeof frame === "string")
      throw new WampError(wampErrors.protocolViolation, "Text frame on a binary serializer.");
    const from = new ByteReader(frame);
    const value = format.read(from, 0);
    if (from.left > 0) throw unreadable("something follows the message");
    return parseMessage(value);
  };

  return {
    subprotocol,
    decode,
    encode(message) {
      if (message.kind !== "event") return encode(message);
      if (last.event !== message) {
        last.event = message;
        last.frame = encode(message);
      }
      return last.frame;
    },
    read: (frame) =>
      (typeof frame === "string" ? undefined : readHead(format, new ByteReader(frame))) ??
      decode(frame),
  };
};
