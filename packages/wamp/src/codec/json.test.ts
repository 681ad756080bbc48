import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Message } from "../messages/message.ts";
import { messageCodes } from "../messages/message.ts";
import { withOpenPayload } from "../messages/payload.ts";
import { jsonCodec } from "./json.ts";

interface Vectors {
  readonly messages: readonly { name: string; text: string; message: Message }[];
  readonly refused: readonly { name: string; text: string }[];
  readonly unknown: readonly string[];
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL("../../vectors/json.json", import.meta.url), "utf8"),
);

describe("WAMP over JSON", () => {
  it.each(vectors.messages)("reads and writes $name", ({ text, message }) => {
    const read = jsonCodec.read(text) as Message;
    expect(jsonCodec.decode(text)).toEqual(message);
    expect(withOpenPayload(read)).toEqual(message);
    expect(jsonCodec.encode(read)).toBe(text);
    expect(jsonCodec.encode(message)).toBe(text);
  });

  it("has a vector for every message", () => {
    const kinds = new Set(vectors.messages.map(({ message }) => message.kind));
    expect([...kinds].sort()).toEqual(Object.keys(messageCodes).sort());
  });

  it.each(vectors.refused)("refuses $name", ({ text }) => {
    for (const decode of [jsonCodec.decode, jsonCodec.read])
      expect(() => decode(text)).toThrow(
        expect.objectContaining({ code: "wamp.error.protocol_violation" }),
      );
  });

  it("takes an argument for what it is, also where an id would be too great", () => {
    const text = '[48,9007199254740992,{},"a.b",[9007199254740993]]';
    expect(jsonCodec.decode(text)).toMatchObject({ request: 2 ** 53, args: [2 ** 53] });
    expect(jsonCodec.encode(jsonCodec.read(text) as Message)).toBe(text);
  });

  it("counts unknown message codes instead of refusing them", () => {
    for (const text of vectors.unknown)
      expect(jsonCodec.decode(text)).toEqual({ kind: "unknown", code: JSON.parse(text)[0] });
  });

  it("refuses binary frames", () => {
    expect(() => jsonCodec.decode(new Uint8Array(2))).toThrow(/Binary/);
  });
});
