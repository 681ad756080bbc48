import { expect, it } from "vitest";
import { Fault } from "./fault.ts";
import { booleanOf, MAX_OBJECT_DEPTH, objectOf } from "./values.ts";

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

it("refuses an object for a boolean, whatever its members are called", () => {
  for (const value of [{ toString: 1 }, { toString: null, valueOf: 1 }, {}, ["true"]])
    expect(() => booleanOf(value, "callable")).toThrow(Fault);
  expect([booleanOf("Yes", "callable"), booleanOf(0, "callable")]).toEqual([true, false]);
});

it("takes an object as it is or as its text, and neither deeper than there is room for", () => {
  for (const form of [(text: string) => text, (text: string) => JSON.parse(text)]) {
    const fits = nested(MAX_OBJECT_DEPTH);
    expect(objectOf(form(fits), "parameters")).toEqual(JSON.parse(fits));
    expect(() => objectOf(form(nested(MAX_OBJECT_DEPTH + 1)), "parameters")).toThrow(Fault);
  }
  expect(() => objectOf(nested(200_000), "parameters")).toThrow(Fault);
  expect(() => objectOf('{"__proto__":{"a":1}}', "parameters")).toThrow(Fault);
});
