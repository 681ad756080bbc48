import { describe, expect, it } from "vitest";
import { canonicalJson, parseJson } from "./json.ts";

describe("canonicalJson (RFC 8785)", () => {
  it("prints the example of section 3.2.3 in the order of UTF-16 code units", () => {
    const value = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew",
      "1": "One",
      "\ud83d\ude00": "Emoji",
      "\u0080": "Control",
      "\u00f6": "Latin",
    };
    expect(Object.keys(JSON.parse(canonicalJson(value)))).toEqual([
      "1",
      "\r",
      "\u0080",
      "\u00f6",
      "\u20ac",
      "\ud83d\ude00",
      "\ufb33",
    ]);
    expect(canonicalJson({ b: [56, { d: true, c: null }], a: 1e21 })).toBe(
      '{"a":1e+21,"b":[56,{"c":null,"d":true}]}',
    );
  });
  it("refuses what JSON cannot say", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "\ud800", () => 1, 1n])
      expect(() => canonicalJson(value)).toThrow();
  });
});

describe("parseJson", () => {
  it("accepts nesting up to the limit and refuses one more, however much follows", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(parseJson(nested(32))).toBeDefined();
    expect(() => parseJson(nested(33))).toThrowError(
      expect.objectContaining({ code: "request.malformed" }),
    );
    expect(() => parseJson("[".repeat(1_000_000))).toThrowError(
      expect.objectContaining({ code: "request.malformed" }),
    );
  });
  it("does not count brackets inside strings", () => {
    expect(parseJson(JSON.stringify("[".repeat(100)))).toBe("[".repeat(100));
    expect(parseJson('"a\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["')).toContain("[");
  });
  it("refuses the keys that pollute prototypes, escaped ones too", () => {
    for (const text of ['{"__proto__":1}', '{"a":[{"constructor":1}]}', '{"\\u005f_proto__":1}'])
      expect(() => parseJson(text)).toThrowError(
        expect.objectContaining({ code: "request.malformed" }),
      );
    expect(parseJson('{"a":"__proto__"}')).toEqual({ a: "__proto__" });
  });
});
