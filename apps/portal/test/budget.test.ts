// What a page costs on the way to a phone, compressed, against its budget. Speaks about the built portal (`npm test` builds it).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const dist = join(import.meta.dirname, "../dist");

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8")) as Record<
  string,
  Chunk
>;

/** A chunk and all that it cannot start without. */
const closureOf = (name: string, into = new Set<string>()): Set<string> => {
  if (into.has(name)) return into;
  into.add(name);
  for (const needed of manifest[name]?.imports ?? []) closureOf(needed, into);
  return into;
};
const kilobytes = (files: Iterable<string>): number =>
  [...new Set(files)].reduce(
    (sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length,
    0,
  ) / 1_000;
const entry = closureOf("index.html");
const filesOf = (names: Iterable<string>, kind: "js" | "css"): string[] =>
  [...names].flatMap((name) =>
    kind === "css" ? (manifest[name]?.css ?? []) : [manifest[name]?.file ?? ""],
  );
/** What something that is loaded later brings, beyond what is there already. */
const beyond = (present: ReadonlySet<string>, name: string): number => {
  const own = [...closureOf(name)].filter((each) => !present.has(each));
  return kilobytes(filesOf(own, "js"));
};
const pageOf = (page: string): string => `src/pages/${page}/index.tsx`;
const beyondEntry = (page: string): number => beyond(entry, pageOf(page));
const languages = ["javascript", "json", "python"] as const;
const languageOf = (name: string): string =>
  `../../node_modules/@codemirror/lang-${name}/dist/index.js`;

/** kB, gzip. Pages without a line of their own count as small ones. */
const budgets: readonly (readonly [what: string, budget: number, cost: () => number])[] = [
  // React, the router and the queries alone weigh 107; the contract, which grows with every noun, about 14.
  ["entry, scripts", 142, () => kilobytes(filesOf(entry, "js"))],
  // In English; beside the first page, not before it.
  ["pages' sentences", 12, () => beyond(entry, "src/text/en-pages.json")],
  ["all styles", 25, () => kilobytes(filesOf(Object.keys(manifest), "css"))],
  ["list of boards", 60, () => beyondEntry("boards")],
  ["board", 60, () => beyondEntry("board")],
  ["map", 30, () => beyondEntry("map")],
  ["plugins", 30, () => beyondEntry("plugins")],
  ["a plugin", 60, () => beyondEntry("plugin")],
  ["plugin, written", 60, () => beyondEntry("plugin-editor")],
  ["services", 30, () => beyondEntry("services")],
  // Loaded when one is first shown. CodeMirror and xterm are most of it.
  ["editor", 120, () => beyond(entry, "src/code/editor.tsx")],
  ["terminal", 90, () => beyond(closureOf(pageOf("board")), "src/terminal/terminal.tsx")],
  ...languages.map(
    (name) =>
      [
        `editor, ${name}`,
        50,
        () => beyond(new Set([...entry, ...closureOf("src/code/editor.tsx")]), languageOf(name)),
      ] as const,
  ),
  ...["enrol", "users", "projects", "tokens", "audit", "sign-in", "lost"].map(
    (page) => [page, 30, () => beyondEntry(page)] as const,
  ),
];

describe("the weight of the portal", () => {
  it.each(budgets)("%s: at most %i kB", (what, budget, cost) => {
    const found = cost();
    console.log(`${what.padEnd(16)} ${found.toFixed(1).padStart(6)} of ${budget} kB`);
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThanOrEqual(budget);
  });
});
