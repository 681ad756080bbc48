// WAMP over CBOR (subprotocol wamp.2.cbor; RFC 8949). Our own reader and writer, for the reasons of MessagePack's. Tags are read over:
// what they mark is taken as it is.
import { MAX_JSON_DEPTH } from "@s4t/kit";
import { type BinaryFormat, createBinaryCodec } from "./binary.ts";
import { type ByteReader, fromWords, goodKey, unreadable } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const TAG = 6;
const BREAK = 0xff;

const writeHead = (out: ByteWriter, major: number, value: number): void => {
  const first = major << 5;
  if (value < 24) out.u8(first | value);
  else if (value < 0x100) {
    out.u8(first | 24);
    out.u8(value);
  } else if (value < 0x1_0000) {
    out.u8(first | 25);
    out.u16(value);
  } else if (value < 2 ** 32) {
    out.u8(first | 26);
    out.u32(value);
  } else {
    out.u8(first | 27);
    out.u64(value);
  }
};

const write = (out: ByteWriter, value: unknown): void => {
  if (typeof value === "string") out.text(value, (size) => writeHead(out, TEXT, size));
  else if (typeof value === "number") {
    if (Number.isInteger(value) && Math.abs(value) <= 2 ** 53 && !Object.is(value, -0)) {
      if (value >= 0) writeHead(out, UNSIGNED, value);
      else writeHead(out, NEGATIVE, -1 - value);
    } else {
      out.u8(0xfb);
      out.f64(value);
    }
  } else if (value === null || value === undefined) out.u8(0xf6);
  else if (typeof value === "boolean") out.u8(value ? 0xf5 : 0xf4);
  else if (value instanceof Uint8Array) {
    writeHead(out, BYTES, value.length);
    out.bytes(value);
  } else if (Array.isArray(value)) {
    writeHead(out, LIST, value.length);
    for (const one of value) write(out, one);
  } else if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    writeHead(out, MAP, entries.length);
    for (const [key, one] of entries) {
      write(out, key);
      write(out, one);
    }
  } else throw unreadable(`a ${typeof value} is no value of WAMP`);
};

/** The argument behind a first byte (RFC 8949, 3); -1: of indefinite length. */
const readArgument = (from: ByteReader, info: number): number => {
  if (info < 24) return info;
  if (info === 24) return from.u8();
  if (info === 25) return from.u16();
  if (info === 26) return from.u32();
  if (info === 27) {
    const high = from.u32();
    return fromWords(high, from.u32());
  }
  if (info === 31) return -1;
  throw unreadable("a reserved length");
};

const readSimple = (from: ByteReader, info: number): number | boolean | null => {
  switch (info) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
    case 23: // undefined
      return null;
    case 25:
      return from.f16();
    case 26:
      return from.f32();
    case 27:
      return from.f64();
    default:
      throw unreadable("a simple value that WAMP has no use for");
  }
};

const deeper = (depth: number): number => {
  if (depth === MAX_JSON_DEPTH) throw unreadable(`nested deeper than ${MAX_JSON_DEPTH}`);
  return depth + 1;
};

/** Whether one more follows: counted down, or up to the break. */
const hasMore = (from: ByteReader, done: number, length: number): boolean => {
  if (length >= 0) return done < length;
  if (from.bytes[from.at] !== BREAK) return true;
  from.at += 1;
  return false;
};

/** The pieces of a text or of bytes of indefinite length, each with a head of its own. */
const readPieces = (from: ByteReader, major: number): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  while (hasMore(from, 0, -1)) {
    const first = from.u8();
    const length = readArgument(from, first & 31);
    if (first >> 5 !== major || length < 0) throw unreadable("a piece of another kind");
    pieces.push(from.slice(length));
  }
  return pieces;
};

const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
};

const readText = (from: ByteReader, length: number): string => {
  if (length >= 0) return from.text(length);
  let text = "";
  for (const piece of readPieces(from, TEXT)) {
    const { at } = from;
    from.at = piece.byteOffset - from.bytes.byteOffset;
    text += from.text(piece.length);
    from.at = at;
  }
  return text;
};

const read = (from: ByteReader, depth: number): unknown => {
  const first = from.u8();
  const major = first >> 5;
  if (major === 7) return readSimple(from, first & 31);
  const length = readArgument(from, first & 31);
  if (length < 0 && (major < BYTES || major === TAG)) throw unreadable("a number without end");
  switch (major) {
    case UNSIGNED:
      return length;
    case NEGATIVE:
      return -1 - length;
    case BYTES:
      return length < 0 ? joined(readPieces(from, BYTES)) : from.slice(length);
    case TEXT:
      return readText(from, length);
    case LIST: {
      const list: unknown[] = [];
      const inside = deeper(depth);
      if (length > 0) from.count(length);
      while (hasMore(from, list.length, length)) list.push(read(from, inside));
      return list;
    }
    case MAP: {
      const map: Record<string, unknown> = {};
      const inside = deeper(depth);
      if (length > 0) from.count(length);
      for (let i = 0; hasMore(from, i, length); i += 1) {
        const key = goodKey(read(from, inside));
        map[key] = read(from, inside);
      }
      return map;
    }
    default:
      return read(from, deeper(depth)); // a tag
  }
};

const skipKey = (from: ByteReader, depth: number): void => {
  const { at } = from;
  const first = from.u8();
  const length = first >> 5 === TEXT ? readArgument(from, first & 31) : -1;
  if (length >= 0) from.skipKey(length);
  else {
    from.at = at;
    goodKey(read(from, depth));
  }
};

const skip = (from: ByteReader, depth: number): "list" | "map" | "other" => {
  const first = from.u8();
  const major = first >> 5;
  if (major === 7) {
    readSimple(from, first & 31);
    return "other";
  }
  const length = readArgument(from, first & 31);
  if (length < 0 && (major < BYTES || major === TAG)) throw unreadable("a number without end");
  if (major === BYTES) {
    if (length < 0) readPieces(from, BYTES);
    else from.slice(length);
  } else if (major === TEXT) {
    if (length < 0) readText(from, length);
    else from.skipText(length);
  } else if (major === LIST || major === MAP) {
    const inside = deeper(depth);
    if (length > 0) from.count(length);
    for (let i = 0; hasMore(from, i, length); i += 1) {
      if (major === MAP) skipKey(from, inside);
      skip(from, inside);
    }
    return major === LIST ? "list" : "map";
  } else if (major === TAG) return skip(from, deeper(depth));
  return "other";
};

const cbor: BinaryFormat = {
  name: "cbor",
  ...{ read, skip, write },
  writeListHead: (out, length) => writeHead(out, LIST, length),
  readListHead(from) {
    const first = from.u8();
    if (first >> 5 !== LIST) return undefined;
    const length = readArgument(from, first & 31);
    // A list of indefinite length is read as a whole.
    return length < 0 ? undefined : from.count(length);
  },
};

/** The CBOR serializer. */
export const cborCodec = createBinaryCodec(cbor, "wamp.2.cbor");
