import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const src = join(import.meta.dirname, "../src");
const read = (file: string) => readFileSync(join(src, file), "utf8");
const tokens = read("theme/tokens.css");
const sources = globSync("**/*.{ts,tsx,css}", { cwd: src }).filter(
  (file) => !file.startsWith("theme/") && !/\.test\.tsx?$/.test(file),
);
const literal = /#[0-9a-f]{3,8}\b(?![\w-])|\b(?:rgba?|hsla?|oklab|oklch|light-dark)\(/gi;

/** What WCAG calls contrast, of two colours `#rrggbb`. */
const luminance = (color: string) => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string) => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const pair = (name: string): readonly [light: string, dark: string] => {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(tokens);
  expect(found, name).not.toBeNull();
  return [found?.[1] ?? "", found?.[2] ?? ""];
};

describe("colours", () => {
  it("are named nowhere outside the theme", () => {
    expect(sources.length).toBeGreaterThan(60);
    const found = sources.flatMap((file) =>
      [...read(file).matchAll(literal)].map(([color]) => `${file}: ${color}`),
    );
    expect(found).toEqual([]);
  });

  it("keep text readable on every surface, in both themes", () => {
    for (const ground of ["bg", "surface", "sunken"])
      for (const text of ["text", "text-2", "text-3", "accent", "ok-text", "warn-text", "bad-text"])
        for (const theme of [0, 1] as const)
          expect(
            contrast(pair(text)[theme], pair(ground)[theme]),
            `${text} on ${ground}`,
          ).toBeGreaterThanOrEqual(4.5);
  });

  it("keep status fills visible on surfaces", () => {
    for (const fill of ["ok", "warn", "bad", "busy", "calm"])
      for (const theme of [0, 1] as const)
        expect(
          contrast(pair(`${fill}-fill`)[theme], pair("surface")[theme]),
          fill,
        ).toBeGreaterThanOrEqual(3);
  });
});
