// @vitest-environment happy-dom
import { beforeAll, describe, expect, it } from "vitest";
import { formatAge, formatCoordinates, formatSpan, formatValue } from "./format.ts";
import { setLanguage, startText } from "./text.ts";

beforeAll(async () => {
  localStorage.setItem("s4t.language", "en");
  await startText();
});

describe("spans of time", () => {
  it.each([
    [900, "0 s"],
    [59_000, "59 s"],
    [24 * 60_000, "24 min"],
    [134 * 60_000, "2 h 14 min"],
    [6.2 * 86_400_000, "6 d 4 h"],
    [40 * 86_400_000, "40 d"],
  ])("%i ms is %s", (ms, expected) => {
    expect(formatSpan(ms)).toBe(expected);
  });

  it("are words for the first seconds", () => {
    expect(formatAge(2_000)).toBe("now");
    expect(formatAge(90_000)).toBe("1 min ago");
  });
});

describe("values", () => {
  it.each([
    [412e6, "By", ["393", "MiB"]],
    [0.4213, "1", ["0.42", ""]],
    [51.23, "Cel", ["51.2", "°C"]],
    [12_400, "By/s", ["12.1", "KiB/s"]],
  ] as const)("%d %s", (value, unit, expected) => {
    expect(formatValue(value, unit)).toEqual(expected);
  });

  it("follow the language", async () => {
    await setLanguage("it");
    expect(formatValue(51.23, "Cel")).toEqual(["51,2", "°C"]);
    expect(formatAge(90_000)).toBe("1 min fa");
    await setLanguage("en");
  });

  it("name the hemisphere of a position", () => {
    expect(formatCoordinates(-38.19381, 15.554)).toBe("38.1938 S  15.5540 E");
  });
});
