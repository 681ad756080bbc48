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
/** What a page brings beyond the entry. */
const beyondEntry = (page: string): number => {
  const own = [...closureOf(`src/pages/${page}/index.tsx`)].filter((name) => !entry.has(name));
  return kilobytes(filesOf(own, "js"));
};

/** kB, gzip. Pages without a line of their own count as small ones. */
const budgets: readonly (readonly [what: string, budget: number, cost: () => number])[] = [
  // 140 is what is wanted. The contract’s schemas and the router together weigh more: no further growth until then.
  ["entry, scripts", 170, () => kilobytes(filesOf(entry, "js"))],
  ["all styles", 25, () => kilobytes(filesOf(Object.keys(manifest), "css"))],
  ["list of boards", 60, () => beyondEntry("boards")],
  ["board", 60, () => beyondEntry("board")],
  ["map", 30, () => beyondEntry("map")],
  ...["enrol", "users", "projects", "tokens", "audit", "sign-in"].map(
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
