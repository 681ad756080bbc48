// What every serializer promises, for all of them alike; and bytes of other houses, as they were recorded.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isWampError } from "../error.ts";
import type { Message } from "../messages/message.ts";
import { withOpenPayload } from "../messages/payload.ts";
import { cborCodec } from "./cbor.ts";
import { allCodecs, codecOf } from "./codecs.ts";
import { jsonCodec } from "./json.ts";
import { msgpackCodec } from "./msgpack.ts";

const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
const vectors: { readonly messages: readonly { name: string; message: Message }[] } = JSON.parse(
  readFileSync(new URL("../../vectors/json.json", import.meta.url), "utf8"),
);
const bytesOf = (frame: string | Uint8Array): Buffer => Buffer.from(frame as Uint8Array);
const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const aCall = (args: readonly unknown[]): Message => ({
  ...{ kind: "call", request: 1, options: {}, procedure: "a.b", args },
});

describe.each(allCodecs.map((codec) => [codec.subprotocol, codec] as const))(
  "%s",
  (name, codec) => {
    it("is found by its name", () => {
      expect(codecOf(name)).toBe(codec);
      expect(codecOf("wamp.2.flatbuffers")).toBeUndefined();
    });

    it.each(vectors.messages)("reads what it wrote: $name", ({ message }) => {
      const frame = codec.encode(message);
      expect(codec.decode(frame)).toEqual(message);
      const read = codec.read(frame) as Message;
      expect(codec.encode(read)).toEqual(frame);
      expect(withOpenPayload(read)).toEqual(message);
    });

    it("hands any arguments on to each of the others, bytes and texts of all planes among them", () => {
      console.log(`codecs seed ${seed}`);
      const leaf = fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 80 }).filter((text) => !text.startsWith("\u0000")),
        fc.uint8Array({ maxLength: 40 }),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => (one === 0 ? 0 : one)),
        fc.boolean(),
        fc.constant(null),
      );
      const key = fc
        .string({ maxLength: 8 })
        .filter((one) => !/^(__proto__|constructor|prototype)$/.test(one));
      const { value } = fc.letrec((tie) => ({
        value: fc.oneof(
          { maxDepth: 4 },
          leaf,
          fc.array(tie("value"), { maxLength: 20 }),
          fc.dictionary(key, tie("value"), { maxKeys: 20, noNullPrototype: true }),
        ),
      }));
      fc.assert(
        fc.property(fc.array(value, { maxLength: 3 }), (args) => {
          const read = codec.read(codec.encode(aCall(args))) as Message;
          for (const other of allCodecs) {
            const call = other.decode(other.encode(read)) as Extract<Message, { kind: "call" }>;
            expect(JSON.stringify(call.args)).toBe(JSON.stringify(args));
          }
        }),
        { seed, numRuns: 300 },
      );
    });

    it.each([1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53])(
      "keeps the id %i exact, as a whole number",
      (id) => {
        const message: Message = { kind: "unsubscribed", request: id };
        const frame = codec.encode(message);
        expect(codec.decode(frame)).toEqual(message);
        expect(codec.read(codec.encode({ ...aCall([]), request: id } as Message))).toMatchObject({
          request: id,
        });
        if (codec === msgpackCodec && id > 2 ** 32) expect(bytesOf(frame)[2]).toBe(0xcf);
        if (codec === cborCodec && id > 2 ** 32) expect(bytesOf(frame)[3]).toBe(0x1b);
      },
    );

    it("answers mutated frames with a protocol violation, and reads heads as it reads the whole", () => {
      const frames = [
        ...vectors.messages.map(({ message }) => message),
        aCall(["è", { a: [1, 2.5, null] }]),
      ].map((message) => bytesOf(codec.encode(message)));
      const outcome = (decode: () => unknown): unknown => {
        try {
          return withOpenPayload(decode() as object);
        } catch (error) {
          if (isWampError(error, "wamp.error.protocol_violation")) return "violation";
          throw error;
        }
      };
      fc.assert(
        fc.property(
          fc.nat(frames.length - 1),
          fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
          fc.nat(),
          (which, edits, cut) => {
            const bytes = Buffer.from(frames[which] as Buffer);
            for (const [where, byte] of edits) bytes[where % bytes.length] = byte;
            const short = cut % 4 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
            const frame = codec === jsonCodec ? short.toString("utf8") : new Uint8Array(short);
            expect(outcome(() => codec.read(frame))).toEqual(outcome(() => codec.decode(frame)));
          },
        ),
        { seed, numRuns: 3_000 },
      );
    });

    it("goes no deeper than it may", () => {
      const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
      expect(codec.read(codec.encode(aCall([nested(30)])))).toMatchObject({ kind: "call" });
      for (const decode of [codec.read, codec.decode])
        expect(() => decode(codec.encode(aCall([nested(31)])))).toThrow(/acceptable/);
    });

    it("refuses frames of the other kind", () => {
      const other = codec === jsonCodec ? new Uint8Array(2) : "[]";
      for (const decode of [codec.read, codec.decode])
        expect(() => decode(other)).toThrow(/frame on a/);
    });
  },
);

describe("binary serializers", () => {
  const event = { kind: "event", subscription: 1, publication: 2, details: {} } as const;
  it.each([
    [
      "a float that is whole, as msgpackr writes ids",
      msgpackCodec,
      "94 24 cb3ff0000000000000 02 80",
      event,
    ],
    ["an array of 16-bit length", msgpackCodec, "dc0004 24 01 02 80", event],
    [
      "signed numbers",
      msgpackCodec,
      "95 24 01 02 80 96 d0ff d1ff00 d2ffff0000 d3ffffffffffffffff e0 ca3fc00000",
      { ...event, args: [-1, -256, -65_536, -1, -32, 1.5] },
    ],
    [
      "what is not there, as msgpackr writes it",
      msgpackCodec,
      "95 24 01 02 80 91 d40000",
      { ...event, args: [null] },
    ],
    [
      "lists of indefinite length",
      cborCodec,
      "9f 18 24 01 02 bfff 9f 01 9f 02 ff ff ff",
      { ...event, args: [1, [2]] },
    ],
    [
      "a text in pieces",
      cborCodec,
      "85 18 24 01 02 a0 81 7f 61 61 62 6263 ff",
      { ...event, args: ["abc"] },
    ],
    [
      "half and single precision",
      cborCodec,
      "85 18 24 01 02 a0 83 f93c00 fa3fc00000 f97c00",
      { ...event, args: [1, 1.5, Number.POSITIVE_INFINITY] },
    ],
    [
      "tags",
      cborCodec,
      "d9d9f7 85 18 24 01 02 a0 81 c1 1a514b67b0",
      { ...event, args: [1_363_896_240] },
    ],
  ])("read %s", (_name, codec, bytes, message) => {
    expect(codec.decode(hex(bytes))).toEqual(message);
  });

  it.each([
    ["an id beyond 2^53", msgpackCodec, "92 23 cf0020000000000001"],
    ["an extension type", msgpackCodec, "95 24 01 02 80 91 d40100"],
    ["a text that is not UTF-8", msgpackCodec, "95 30 01 80 a3612e62 91 a1ff"],
    ["a key that is a number", msgpackCodec, "95 30 01 80 a3612e62 91 810102"],
    ["a list that is longer than the frame", msgpackCodec, "95 30 01 80 a3612e62 ddffffffff"],
    ["bytes behind the message", msgpackCodec, "95 30 01 80 a3612e62 90 00"],
    ["an id beyond 2^53", cborCodec, "82 18 23 1b0020000000000001"],
    ["a text that is not UTF-8", cborCodec, "85 18 30 01 a0 63612e62 81 61ff"],
    ["a key that is a number", cborCodec, "85 18 30 01 a0 63612e62 81 a10102"],
    ["a list that is longer than the frame", cborCodec, "85 18 30 01 a0 63612e62 9affffffff"],
    ["a list without end", cborCodec, "85 18 30 01 a0 63612e62 9f"],
    ["tags upon tags", cborCodec, `85 18 30 01 a0 63612e62 ${"c1".repeat(10_000)}`],
  ])("refuse %s", (_name, codec, bytes) => {
    for (const decode of [codec.read, codec.decode])
      expect(() => decode(hex(bytes))).toThrow(
        expect.objectContaining({ code: "wamp.error.protocol_violation" }),
      );
  });
});
