// The walk over JSON against the engine's own parser, on good texts, broken ones and those in between; and the messages whose heads
// alone are read against the same messages parsed as a whole. Prints its seed.
import { parseJson } from "@s4t/kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../messages/message.ts";
import { parseMessage } from "../messages/parse.ts";
import { withOpenPayload } from "../messages/payload.ts";
import { jsonCodec } from "./json.ts";
import { readJsonHead } from "./json-head.ts";
import { skipJson } from "./json-scan.ts";

const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
const numRuns = 3_000;

/** JSON text, sometimes with blanks, sometimes long, sometimes with one character more, less or changed. */
const anyText = fc
  .tuple(
    fc.jsonValue({ maxDepth: 5 }),
    fc.constantFrom(undefined, " ", "\t"),
    fc.constantFrom(0, 0, 600),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.constantFrom(
          ...["", '"', "\\", ",", "]", "{", "0", "\n", "e", "-", ":", "}", ",{", '"a":1', "\\n"],
        ),
      ),
      {
        maxLength: 2,
      },
    ),
  )
  .map(([value, blanks, pad, edits]) => {
    let text = JSON.stringify(pad ? [value, "x".repeat(pad)] : value, undefined, blanks);
    for (const [where, what] of edits) {
      const at = where % (text.length + 1);
      text = text.slice(0, at) + what + text.slice(at + (where % 2));
    }
    return text;
  });

const isGood = (text: string, maxDepth: number): boolean => {
  try {
    parseJson(text, maxDepth);
    return true;
  } catch {
    return false;
  }
};

describe("walking over JSON", () => {
  it("ends where the parser ends, and goes over nothing that the parser refuses", () => {
    console.log(`json-scan seed ${seed}`);
    fc.assert(
      fc.property(anyText, (text) => {
        const end = skipJson(text, 0, 32);
        const isWhole = end !== -1 && text.slice(end).trim() === "";
        // A key with an escape is left to the parser; all else is decided alike.
        if (isWhole || !text.includes("\\")) expect(isWhole).toBe(isGood(text, 32));
      }),
      { seed, numRuns },
    );
  });

  it.each([
    '{"__proto__":1}',
    '[{"constructor":{}}]',
    '{"\\u0061":1}',
    "[01]",
    "[1.]",
    "[+1]",
    "[nul]",
    "",
    "[1,]",
    '{"a":1,}',
    '{"a" 1}',
    '["\u0001"]',
    `["${"x".repeat(600)}\u0001"]`,
    "[-]",
    "[1e]",
    "]",
    '["\\x"]',
    '["\\u12G4"]',
  ])("does not go over %s", (text) => {
    expect(skipJson(text, 0, 32)).toBe(-1);
  });

  const million = 1_000_000;
  it.each([
    ["a string", `"${"x".repeat(4 * million)}"`],
    ["a string of escapes", `"${'\\n\\"\\u0041'.repeat(million / 4)}"`],
    ["a list of numbers", `[${"-12.5e3,".repeat(million)}0]`],
    ["a list of texts", `[${'"abc",'.repeat(million)}""]`],
    ["a number", "1".repeat(4 * million)],
    ["an object", `{${'"key":12,'.repeat(million / 2)}"last":null}`],
    ["a list of objects", `[${'{"a":1,"b":"two"},'.repeat(million / 4)}{}]`],
    ["a list of lists", `[${"[1,2,[3]],".repeat(million / 4)}[]]`],
  ])("goes over %s however long it is, and not where its end is missing", (_, text) => {
    expect(skipJson(text, 0, 32)).toBe(text.length);
    // A number has no end to miss.
    if (/\D$/.test(text)) expect(skipJson(text.slice(0, -1), 0, 32)).toBe(-1);
    expect(skipJson(`[${text}`, 0, 32)).toBe(-1);
    expect(skipJson(`[${text.slice(0, -1)}\u0001]`, 0, 32)).toBe(-1);
  });

  it("goes as deep as it may, and no deeper", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(skipJson(nested(32), 0, 32)).toBe(64);
    expect(skipJson(nested(33), 0, 32)).toBe(-1);
  });
});

describe("a message read from its head", () => {
  it("is the message that the parser finds, or is left to it", () => {
    const anyHead = fc.tuple(
      fc.constantFrom(48, 70, 16, 48, 4, 480),
      fc.constantFrom("1", "9007199254740992", "9007199254740993", "0", "01", "-1", "1.0", "1e2"),
      fc.constantFrom("{}", '{"a":[1,{"b":null}]}', "[]", '{"__proto__":1}', "{ }"),
      fc.constantFrom('"a.b"', '"a\\u0062"', '"a\u0001"', "7"),
      fc.array(anyText, { maxLength: 3 }),
    );
    fc.assert(
      fc.property(anyHead, ([code, id, options, uri, rest]) => {
        const head = code === 70 ? [code, id, options] : [code, id, options, uri];
        const text = `[${[...head, ...rest].join(",")}]`;
        const read = readJsonHead(text);
        if (read === undefined) return;
        const parsed = parseMessage(parseJson(text));
        expect(withOpenPayload(read)).toEqual(parsed);
        // As text again, which knows one zero only.
        expect(JSON.stringify(JSON.parse(jsonCodec.encode(read) as string))).toBe(
          jsonCodec.encode(parsed as Message),
        );
      }),
      { seed, numRuns },
    );
  });

  it("keeps the text of its arguments, so that numbers beyond a double arrive as they were", () => {
    const call = jsonCodec.read('[48,7,{},"a.b",[12345678901234567890],{"k":1.10}]') as Message;
    const { source } = call as Extract<Message, { kind: "call" }>;
    const forwarded = jsonCodec.encode({
      ...{ kind: "invocation", request: 1, registration: 2 },
      ...{ details: {}, source },
    });
    expect(forwarded).toBe('[68,1,2,{},[12345678901234567890],{"k":1.10}]');
  });
});
