import { describe, expect, it } from "vitest";
import { errors } from "../live/contract.ts";
import en from "./en.json";
import enPages from "./en-pages.json";
import itText from "./it.json";

const english: Readonly<Record<string, string>> = { ...en, ...enPages };
const italian: Readonly<Record<string, string>> = itText;
const holes = (sentence: string) =>
  [...sentence.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe("the catalogues", () => {
  it("have the same keys in every language", () => {
    const ours = Object.keys(italian).filter((key) => !key.startsWith("error."));
    expect(ours).toEqual(Object.keys(english).sort());
  });

  it("fill the same values into each sentence", () => {
    for (const [key, sentence] of Object.entries(english))
      expect([key, holes(italian[key] ?? "")]).toEqual([key, holes(sentence)]);
  });

  it("have no empty sentence", () => {
    for (const [key, sentence] of Object.entries({ ...english, ...italian }))
      expect([key, sentence.trim()]).not.toEqual([key, ""]);
  });

  it("say every error of the table in Italian", () => {
    for (const code of Object.keys(errors)) expect(italian, code).toHaveProperty([`error.${code}`]);
  });
});
