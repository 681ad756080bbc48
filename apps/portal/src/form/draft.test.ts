import { describe, expect, it } from "vitest";
import { draftOf, formOf, readDraft, type Schema, withoutDemands } from "./draft.ts";

const schema: Schema = {
  type: "object",
  properties: {
    name: { type: "string", title: "Name", default: "world", minLength: 1, maxLength: 5 },
    times: { type: "integer", minimum: 1, maximum: 10 },
    ratio: { type: "number", exclusiveMinimum: 0 },
    loud: { type: "boolean" },
    colour: { enum: ["red", "green", 3] },
    place: {
      type: "object",
      required: ["street"],
      properties: { street: { type: "string" }, number: { type: "integer" } },
    },
    list: { type: "array", items: { type: "number" }, minItems: 1 },
  },
  required: ["name"],
};
const form = formOf(schema);
const empty = draftOf(form, undefined);
const said = (typed: Readonly<Record<string, string>>) =>
  readDraft(form, { ...empty, "/place/number": "1", "/place/street": "s", ...typed });

describe("a form of a schema", () => {
  it("has a field for each property, in its order, with the schema's words", () => {
    expect(form.fields.map(({ at, kind }) => [at, kind])).toEqual([
      ["/name", "text"],
      ["/times", "integer"],
      ["/ratio", "number"],
      ["/loud", "boolean"],
      ["/colour", "choice"],
      ["/place", "group"],
      ["/list", "json"],
    ]);
    expect(form.fields[0]).toMatchObject({ title: "Name", required: true });
  });
  it("starts with the defaults, and over them what is given", () => {
    expect(empty["/name"]).toBe("world");
    const given = { name: "x", colour: 3, place: { street: "a", number: 4 }, list: [1] };
    const draft = draftOf(form, given);
    expect(readDraft(form, draft)).toEqual({ value: given, faults: {} });
  });
  it("says each kind of value as what it is", () => {
    const { value, faults } = said({
      "/times": "3",
      "/ratio": "0,5",
      "/loud": "false",
      "/colour": "1",
      "/list": "[1, 2]",
    });
    expect(faults).toEqual({});
    expect(value).toEqual({
      name: "world",
      times: 3,
      ratio: 0.5,
      loud: false,
      colour: "green",
      place: { street: "s", number: 1 },
      list: [1, 2],
    });
  });
  it("leaves out what nobody needs and nobody said", () => {
    expect(said({}).value).toEqual({ name: "world", place: { street: "s", number: 1 } });
    const apart = { "/place/street": "", "/place/number": "" };
    expect(said(apart)).toEqual({ value: { name: "world" }, faults: {} });
  });
  it.each([
    ["/name", "", "missing"],
    ["/name", "too long", "too-long"],
    ["/times", "many", "not-number"],
    ["/times", "1.5", "not-integer"],
    ["/times", "0", "too-small"],
    ["/times", "11", "too-large"],
    ["/ratio", "0", "too-small"],
    ["/list", "[1,", "not-json"],
    ["/list", "{}", "not-list"],
    ["/list", "[]", "too-few"],
    ["/place/street", "", "missing"],
  ] as const)("faults %s for %j: %s", (at, typed, key) => {
    expect(said({ [at]: typed }).faults).toMatchObject({ [at]: { key } });
  });
  it("is one field of JSON where there is no schema, and that must be an object", () => {
    const whole = formOf(null);
    expect(whole.kind).toBe("json");
    expect(readDraft(whole, { "": '{"a": 1}' })).toEqual({ value: { a: 1 }, faults: {} });
    expect(readDraft(whole, { "": "" })).toEqual({ value: {}, faults: {} });
    expect(readDraft(whole, { "": "[1]" }).faults).toEqual({ "": { key: "not-object" } });
  });
  it("may be said in part, and then fills nothing in by itself", () => {
    const part = formOf(withoutDemands(schema));
    expect(readDraft(part, draftOf(part, { times: 2 }))).toEqual({
      value: { times: 2 },
      faults: {},
    });
  });
  it("keeps names apart that a pointer would mix up", () => {
    const odd = formOf({ type: "object", properties: { "a/b": { type: "string" } } });
    expect(readDraft(odd, { "/a~1b": "x" }).value).toEqual({ "a/b": "x" });
  });
});
