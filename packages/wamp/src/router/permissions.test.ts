import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUriPattern, type MatchPolicy, matchesUri } from "../uri.ts";
import type { Action } from "./authorizer.ts";
import { coversPattern, type Permission, permissionAuthorizer } from "./permissions.ts";
import type { SessionInfo } from "./session-info.ts";

const policies = ["exact", "prefix", "wildcard"] as const;
const parts = ["", "a", "b", "ab"];
/** Every URI of up to three components of a small alphabet. */
const named = parts.slice(1);
const uris = [
  ...named,
  ...named.flatMap((one) => named.map((two) => `${one}.${two}`)),
  ...named.flatMap((one) => named.flatMap((two) => named.map((three) => `${one}.${two}.${three}`))),
];
const patterns = [
  ...new Set([...uris, "a.", "b.", "a.b.", ".a", "a..", "..a", "a..b", ".b.", ".", "ab..a"]),
].flatMap((uri) => policies.map((match) => ({ uri, match })));
const valid = patterns.filter(({ uri, match }) => isUriPattern(uri, match));

describe("a permission", () => {
  it("covers a pattern only where it matches whatever that matches", () => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
    console.log(`permissions seed ${seed}`);
    fc.assert(
      fc.property(fc.constantFrom(...valid), fc.constantFrom(...valid), (given, asked) => {
        if (!coversPattern(given, asked.uri, asked.match)) return;
        for (const uri of uris)
          if (matchesUri(asked.uri, asked.match, uri))
            expect([given, asked, matchesUri(given.uri, given.match, uri)]).toEqual([
              given,
              asked,
              true,
            ]);
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it.each<[string, MatchPolicy, string, MatchPolicy, boolean]>([
    ["a.b", "exact", "a.b", "exact", true],
    ["a.b", "exact", "a.b", "prefix", false],
    ["a.", "prefix", "a.b", "exact", true],
    ["a.", "prefix", "a.", "prefix", true],
    ["a.", "prefix", "a", "prefix", false],
    ["a.", "prefix", "a..c", "wildcard", true],
    ["a.b", "prefix", "a..c", "wildcard", false],
    ["a.", "prefix", "..c", "wildcard", false],
    ["a..c", "wildcard", "a.b.c", "exact", true],
    ["a..c", "wildcard", "a..c", "wildcard", true],
    ["a..c", "wildcard", "a.b.c", "wildcard", true],
    ["a..c", "wildcard", "a..", "wildcard", false],
    ["a..c", "wildcard", "a.", "prefix", false],
    ["", "prefix", "..c", "wildcard", true],
  ])("of %s (%s) for %s (%s): %s", (uri, match, asked, as, covers) => {
    expect(coversPattern({ uri, match }, asked, as)).toBe(covers);
  });
});

describe("an authorizer of permissions", () => {
  const authorize = permissionAuthorizer({
    all: [{ uri: "", match: "prefix", allow: ["call", "register", "publish", "subscribe"] }],
    lamp: [
      { uri: "city.lamp.", match: "prefix", allow: ["register", "publish"] },
      { uri: "wamp.session.count", match: "exact", allow: ["call"] },
    ] satisfies Permission[],
  });
  const may = (authrole: string, action: Action, uri: string, options = {}) =>
    authorize({ authrole } as SessionInfo, action, uri, options);

  it.each([
    ["lamp", "register", "city.lamp.on", {}, "allow"],
    ["lamp", "call", "city.lamp.on", {}, "deny"],
    ["lamp", "register", "city.", { match: "prefix" }, "deny"],
    ["lamp", "register", "city.lamp.", { match: "prefix" }, "allow"],
    ["lamp", "register", ".lamp.on", { match: "wildcard" }, "deny"],
    ["lamp", "register", "city.lamp.on", { match: "nearly" }, "deny"],
    ["lamp", "call", "wamp.session.count", {}, "allow"],
    ["lamp", "call", "wamp.session.kill_all", {}, "deny"],
    ["all", "call", "any.thing", {}, "allow"],
    ["all", "call", "wamp.session.kill_all", {}, "deny"],
    ["nobody", "call", "any.thing", {}, "deny"],
    ["__proto__", "call", "any.thing", {}, "deny"],
  ] as const)("%s, %s %s %o: %s", (role, action, uri, options, answer) => {
    expect(may(role, action, uri, options)).toBe(answer);
  });
});
