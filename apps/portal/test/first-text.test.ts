// What is said before the first page is open is in the first load, and nothing else: by the sources that the first load is made of.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import en from "../src/text/en.json" with { type: "json" };
import enPages from "../src/text/en-pages.json" with { type: "json" };

const src = join(import.meta.dirname, "../src");
const first = globSync("{*.{ts,tsx},{shell,ui,live,text,theme,pages/sign-in}/**/*.{ts,tsx}}", {
  cwd: src,
})
  .filter((file) => !/\.test\.tsx?$/.test(file))
  .map((file) => readFileSync(join(src, file), "utf8"))
  .join("\n");
const literals = new Set([...first.matchAll(/"([\w.-]+)"/g)].map(([, text]) => text));
/** Keys that are put together begin so. */
const beginnings = [...first.matchAll(/`([\w-]+\.[\w.-]*)\$\{/g)].map(([, text = ""]) => text);

const isSaidFirst = (key: string): boolean =>
  literals.has(key.replace(/_(?:one|other)$/, "")) ||
  beginnings.some((beginning) => key.startsWith(beginning));

it("the first load has just the sentences that it says", () => {
  const keys = [...Object.keys(en), ...Object.keys(enPages)].sort();
  const said = keys.filter(isSaidFirst);
  expect(said.length).toBeGreaterThan(50);
  expect(Object.keys(en)).toEqual(said);
});

it("no sentence is in both parts", () => {
  expect(Object.keys(enPages).filter((key) => Object.hasOwn(en, key))).toEqual([]);
});
