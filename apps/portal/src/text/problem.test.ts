import { describe, expect, it } from "vitest";
import { errors } from "../live/contract.ts";
import { detailsIn } from "./problem.ts";

describe("what fills a sentence", () => {
  it("is read back out of every sentence of the table", () => {
    const codes = Object.keys(errors) as (keyof typeof errors)[];
    for (const code of codes) {
      const names = [...errors[code].sentence.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
      const details = Object.fromEntries(names.map((name, i) => [name, `value-${i}`]));
      expect(
        detailsIn(
          code,
          errors[code].sentence.replace(/\{(\w+)\}/g, (_, name) => details[name] ?? ""),
        ),
        code,
      ).toEqual(details);
    }
  });
  it("may hold anything, and is nothing where the sentence is another release's", () => {
    const sentence = "The entry could not be applied: (a|b)\nc.*.";
    expect(detailsIn("target.entry-failed", sentence)).toEqual({ because: "(a|b)\nc.*" });
    expect(detailsIn("target.entry-failed", "Quite another sentence.")).toEqual({});
    expect(detailsIn("no.such-code", "x")).toEqual({});
  });
});
