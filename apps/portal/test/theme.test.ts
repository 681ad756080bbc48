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

/** How people without one kind of cones see a colour (Machado, Oliveira and Fernandes 2009, severity 1), in linear light. */
const visions = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protan: [
    0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
  ],
  deutan: [
    0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
  ],
  tritan: [
    1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039,
  ],
} as const;
const seen = (color: string, vision: keyof typeof visions): readonly [number, number, number] => {
  const light = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const m = visions[vision];
  const row = (at: number) =>
    Math.min(
      1,
      Math.max(
        0,
        [0, 1, 2].reduce((sum, i) => sum + (m[at * 3 + i] ?? 0) * (light[i] ?? 0), 0),
      ),
    );
  return [row(0), row(1), row(2)];
};
/** OKLab, in which distance is what the eye takes for it. */
const oklab = ([r, g, b]: readonly [number, number, number]): readonly number[] => {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
};
const distance = (a: readonly number[], b: readonly number[]) =>
  Math.hypot(...a.map((x, i) => x - (b[i] ?? 0)));

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

  it("of states are told apart by people who do not see all colours", () => {
    const fills = ["ok", "warn", "bad", "busy", "calm"].map((name) => pair(`${name}-fill`));
    for (const vision of Object.keys(visions) as (keyof typeof visions)[])
      for (const theme of [0, 1] as const)
        for (const [at, fill] of fills.entries())
          for (const other of fills.slice(at + 1))
            expect(
              distance(oklab(seen(fill[theme], vision)), oklab(seen(other[theme], vision))),
              `${fill[theme]} and ${other[theme]}, ${vision}`,
            ).toBeGreaterThanOrEqual(0.1);
  });
});
