// WAMP over MessagePack (subprotocol wamp.2.msgpack). Our own reader and writer: the libraries write 2^53 as a float, which strict
// peers do not take for an id, and none walks over arguments without making values of them.
import { MAX_JSON_DEPTH } from "@s4t/kit";
import { type BinaryFormat, createBinaryCodec } from "./binary.ts";
import { type ByteReader, goodKey, unreadable } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

const writeInteger = (out: ByteWriter, value: number): void => {
  if (value >= 0) {
    if (value < 0x80) out.u8(value);
    else if (value < 0x100) {
      out.u8(0xcc);
      out.u8(value);
    } else if (value < 0x1_0000) {
      out.u8(0xcd);
      out.u16(value);
    } else if (value < 2 ** 32) {
      out.u8(0xce);
      out.u32(value);
    } else {
      out.u8(0xcf);
      out.u64(value);
    }
  } else if (value >= -0x20) out.u8(value & 0xff);
  else {
    out.u8(0xd3);
    out.i64(BigInt(value));
  }
};

/** A head of the three lengths that a kind has: up to `fix` in the first byte, then 16 and 32 bits. */
const writeLength = (
  out: ByteWriter,
  length: number,
  [fix, fixCode, code8, code16]: readonly [number, number, number | undefined, number],
): void => {
  if (length <= fix) out.u8(fixCode | length);
  else if (code8 !== undefined && length < 0x100) {
    out.u8(code8);
    out.u8(length);
  } else if (length < 0x1_0000) {
    out.u8(code16);
    out.u16(length);
  } else {
    out.u8(code16 + 1);
    out.u32(length);
  }
};

const textHead = [31, 0xa0, 0xd9, 0xda] as const;
const bytesHead = [-1, 0, 0xc4, 0xc5] as const;
const listHead = [15, 0x90, undefined, 0xdc] as const;
const mapHead = [15, 0x80, undefined, 0xde] as const;

const write = (out: ByteWriter, value: unknown): void => {
  if (typeof value === "string") out.text(value, (size) => writeLength(out, size, textHead));
  else if (typeof value === "number") {
    if (Number.isInteger(value) && Math.abs(value) <= 2 ** 53 && !Object.is(value, -0))
      writeInteger(out, value);
    else {
      out.u8(0xcb);
      out.f64(value);
    }
  } else if (value === null || value === undefined) out.u8(0xc0);
  else if (typeof value === "boolean") out.u8(value ? 0xc3 : 0xc2);
  else if (value instanceof Uint8Array) {
    writeLength(out, value.length, bytesHead);
    out.bytes(value);
  } else if (Array.isArray(value)) {
    writeLength(out, value.length, listHead);
    for (const one of value) write(out, one);
  } else if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    writeLength(out, entries.length, mapHead);
    for (const [key, one] of entries) {
      write(out, key);
      write(out, one);
    }
  } else throw unreadable(`a ${typeof value} is no value of WAMP`);
};

/** What a first byte begins. */
type Kind = "list" | "map" | "text" | "bytes" | "scalar";

/** The kind that a first byte begins, and for all but scalars how many things or bytes follow; one for all, since reading never waits. */
const head = { kind: "scalar" as Kind, length: 0 };

const longHeads: Readonly<Record<number, readonly [Kind, "u8" | "u16" | "u32"]>> = {
  196: ["bytes", "u8"],
  197: ["bytes", "u16"],
  198: ["bytes", "u32"],
  217: ["text", "u8"],
  218: ["text", "u16"],
  219: ["text", "u32"],
  220: ["list", "u16"],
  221: ["list", "u32"],
  222: ["map", "u16"],
  223: ["map", "u32"],
};

const readHead = (from: ByteReader, code: number): void => {
  head.kind = "scalar";
  if (code < 0x80 || code >= 0xe0) return;
  if (code < 0xa0) {
    head.kind = code < 0x90 ? "map" : "list";
    head.length = code & 15;
  } else if (code < 0xc0) {
    head.kind = "text";
    head.length = code & 31;
  } else {
    const long = longHeads[code];
    if (!long) return;
    head.kind = long[0];
    head.length = from[long[1]]();
  }
};

const readScalar = (from: ByteReader, code: number): number | boolean | null => {
  if (code < 0x80) return code;
  if (code >= 0xe0) return code - 0x100;
  switch (code) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xca:
      return from.f32();
    case 0xcb:
      return from.f64();
    case 0xcc:
      return from.u8();
    case 0xcd:
      return from.u16();
    case 0xce:
      return from.u32();
    case 0xcf:
      return from.u64();
    case 0xd0:
      return from.i8();
    case 0xd1:
      return from.i16();
    case 0xd2:
      return from.i32();
    case 0xd3:
      return from.i64();
    case 0xd4:
      // One of one byte, type 0 and value 0, is how msgpackr writes a member that is not there.
      if (from.u16() === 0) return null;
      throw unreadable("an extension type");
    default:
      // 0xc1, and all other extension types, which WAMP has no use for.
      throw unreadable(`0x${code.toString(16)} begins no value of WAMP`);
  }
};

const deeper = (depth: number): number => {
  if (depth === MAX_JSON_DEPTH) throw unreadable(`nested deeper than ${MAX_JSON_DEPTH}`);
  return depth + 1;
};

const read = (from: ByteReader, depth: number): unknown => {
  const code = from.u8();
  readHead(from, code);
  const { kind, length } = head;
  switch (kind) {
    case "scalar":
      return readScalar(from, code);
    case "text":
      return from.text(length);
    case "bytes":
      return from.slice(length);
    case "list": {
      const list: unknown[] = [];
      const inside = deeper(depth);
      for (let i = from.count(length); i > 0; i -= 1) list.push(read(from, inside));
      return list;
    }
    case "map": {
      const map: Record<string, unknown> = {};
      const inside = deeper(depth);
      for (let i = from.count(length); i > 0; i -= 1) {
        const key = goodKey(read(from, inside));
        map[key] = read(from, inside);
      }
      return map;
    }
  }
};

const skipKey = (from: ByteReader): void => {
  readHead(from, from.u8());
  if (head.kind !== "text") throw unreadable("a key is no text");
  from.skipKey(head.length);
};

const skip = (from: ByteReader, depth: number): "list" | "map" | "other" => {
  const code = from.u8();
  readHead(from, code);
  const { kind, length } = head;
  if (kind === "scalar") readScalar(from, code);
  else if (kind === "text") from.skipText(length);
  else if (kind === "bytes") from.slice(length);
  else {
    const inside = deeper(depth);
    for (let i = from.count(length); i > 0; i -= 1) {
      if (kind === "map") skipKey(from);
      skip(from, inside);
    }
    return kind;
  }
  return "other";
};

const msgpack: BinaryFormat = {
  name: "msgpack",
  ...{ read, skip, write },
  writeListHead: (out, length) => writeLength(out, length, listHead),
  readListHead(from) {
    readHead(from, from.u8());
    return head.kind === "list" ? from.count(head.length) : undefined;
  },
};

/** The MessagePack serializer. */
export const msgpackCodec = createBinaryCodec(msgpack, "wamp.2.msgpack");
