import type { Target } from "@s4t/contract";
import { describe, expect, it } from "vitest";
import { planTarget } from "./plan.ts";

const hash = (digit: string) => digit.repeat(64);
const target = (entries: Record<string, string>): Target => ({
  revision: 1,
  sections: {
    settings: {
      hash: hash("0"),
      entries: Object.entries(entries).map(([key, h]) => ({ key, hash: h, value: {} })),
    },
  },
});
const paths = (applied: Parameters<typeof planTarget>[0], wanted: Target, retryFailed = false) =>
  planTarget(applied, wanted, { retryFailed }).map(({ kind, path }) => `${kind} ${path}`);

describe("planTarget", () => {
  it.each([
    [
      "nothing is applied yet",
      {},
      { a: hash("1"), b: hash("2") },
      ["apply settings/a", "apply settings/b"],
    ],
    ["all holds", { "settings/a": { hash: hash("1"), state: "reached" } }, { a: hash("1") }, []],
    [
      "one changed",
      { "settings/a": { hash: hash("1"), state: "reached" } },
      { a: hash("2") },
      ["apply settings/a"],
    ],
    [
      "one is gone",
      { "settings/a": { hash: hash("1"), state: "reached" } },
      {},
      ["remove settings/a"],
    ],
    [
      "one had failed and is the same",
      { "settings/a": { hash: hash("1"), state: "failed" } },
      { a: hash("1") },
      [],
    ],
  ] as const)("when %s", (_, applied, wanted, steps) => {
    expect(paths(applied, target(wanted))).toEqual(steps);
  });
  it("tries failed entries again when asked to", () => {
    expect(
      paths({ "settings/a": { hash: hash("1"), state: "failed" } }, target({ a: hash("1") }), true),
    ).toEqual(["apply settings/a"]);
  });
  it("applies whom the board trusts before what it is to run", () => {
    const section = (key: string) => ({
      hash: hash("0"),
      entries: [{ key, hash: hash("1"), value: {} }],
    });
    const wanted = {
      revision: 1,
      sections: { plugins: section("hello"), trust: section("project-key") },
    };
    expect(paths({}, wanted)).toEqual(["apply trust/project-key", "apply plugins/hello"]);
  });
});
