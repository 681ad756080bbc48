import { isS4tError } from "@s4t/kit";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import {
  codeOfWampError,
  encodeEnrolment,
  endpoints,
  errors,
  fail,
  isNewerRelease,
  parseEnrolment,
  rest,
  statusOf,
  wampErrorOf,
} from "./index.ts";

describe("the error table", () => {
  it("fills a sentence from its details", () => {
    expect(fail("board.name-taken", { name: "lamp-7" }).message).toContain("lamp-7");
  });
  it("gives every code a WAMP URI that leads back to it", () => {
    for (const code of Object.keys(errors)) expect(codeOfWampError(wampErrorOf(code))).toBe(code);
    expect(new Set(Object.keys(errors).map(wampErrorOf)).size).toBe(Object.keys(errors).length);
  });
});

describe("the endpoints", () => {
  it("have each their own method and path", () => {
    const seen = endpoints.map(([, e]) => `${e.method} ${e.path}`);
    expect(new Set(seen).size).toBe(seen.length);
  });
  it("declare a parameter for each placeholder of their path, and no other", () => {
    for (const [name, e] of endpoints) {
      const inPath = [...e.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
      expect(Object.keys(e.params?.properties ?? {}).sort(), name).toEqual(inPath);
    }
  });
  it("carry examples that their own schema accepts", () => {
    for (const [name, e] of endpoints)
      if (e.body && "example" in e && e.example !== undefined)
        expect(Value.Check(e.body, e.example), name).toBe(true);
  });
  it("refuse unknown members and names with control characters or blanks at the ends", () => {
    const body = rest.boards.create.body;
    for (const name of ["a\u0000b", " a", "a ", "", "x".repeat(64)])
      expect(Value.Check(body, { name })).toBe(false);
    expect(Value.Check(body, { name: "a", nope: 1 })).toBe(false);
    for (const name of ["a", "Via Garibaldi 12", "x".repeat(63), "<b>"])
      expect(Value.Check(body, { name })).toBe(true);
  });
});

describe("the enrolment string", () => {
  it("comes back as it went", () => {
    const parts = { url: "https://10.0.0.1:8812", code: "A".repeat(22), ca: "0".repeat(64) };
    expect(parseEnrolment(encodeEnrolment(parts))).toEqual(parts);
  });
  it("is refused with a reason when it is anything else", () => {
    const tls = encodeEnrolment({ url: "https://a:1", code: "A".repeat(22), ca: null });
    for (const text of [
      "",
      "s4t1:",
      "s4t1:!!!",
      "s4t2:abc",
      tls,
      `s4t1:${btoa('["file:///x","c",null]')}`,
    ])
      expect(() => parseEnrolment(text)).toThrowError(
        expect.toSatisfy((e) => isS4tError(e, "agent.enrolment-string")),
      );
  });
});

describe("statusOf", () => {
  const facts = {
    retired: false,
    enrolled: true,
    connected: false,
    failedEntries: 0,
    busyUntil: null,
    lastSeenAt: 5,
  };
  it.each([
    [{ retired: true, connected: true }, "retired"],
    [{ enrolled: false }, "new"],
    [{ lastSeenAt: null }, "new"],
    [{ connected: true }, "online"],
    [{ connected: true, failedEntries: 1 }, "degraded"],
    [{ busyUntil: 11 }, "busy"],
    [{ busyUntil: 10 }, "offline"],
    [{}, "offline"],
  ] as const)("%j is %s", (some, word) => {
    expect(statusOf({ ...facts, ...some }, 10)).toBe(word);
  });
});

describe("isNewerRelease", () => {
  it.each([
    ["0.10.0", "0.9.3", true],
    ["0.9.3", "0.10.0", false],
    ["1.0.0", "1.0.0", false],
    ["1.0.1", "1.0.0", true],
  ])("%s against %s: %s", (a, b, newer) => {
    expect(isNewerRelease(a, b)).toBe(newer);
  });
});
