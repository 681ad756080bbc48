// Runs the conformance cases against whatever speaks the Identity API at an address: ours, or a Keystone.
import { expect } from "vitest";
import type { Case, Pattern } from "./cases.ts";

/** Who and what must be there before the first case. */
export interface Estate {
  readonly adminUser: string;
  readonly adminPassword: string;
  /** A project of the administrator's. */
  readonly adminProject: string;
  /** A user with the role `member` in `project`, and no other role. */
  readonly user: string;
  readonly password: string;
  readonly project: string;
  /** A project in which `user` has no role. */
  readonly other: string;
}

const at = (value: unknown, path: string): unknown =>
  path.split(".").reduce<unknown>((now, key) => (now as Record<string, unknown>)?.[key], value);

/** What a run has learnt: variables by name. */
export type Known = Map<string, string>;

const fill = (known: Known, text: string): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => known.get(name) ?? whole);

const fillDeep = (known: Known, value: unknown): unknown => {
  if (typeof value === "string") return fill(known, value);
  if (Array.isArray(value)) return value.map((each) => fillDeep(known, each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, fillDeep(known, each)]),
  );
};

/** A pattern as a matcher: members that are not named may be anything, lists are whole. */
const matcher = (known: Known, pattern: Pattern): unknown => {
  if (pattern instanceof RegExp)
    return expect.stringMatching(new RegExp(fill(known, pattern.source), pattern.flags));
  if (typeof pattern === "string") return fill(known, pattern);
  if (Array.isArray(pattern)) return pattern.map((each: Pattern) => matcher(known, each));
  if (typeof pattern !== "object" || pattern === null) return pattern;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(pattern).map(([name, each]) => [name, matcher(known, each)])),
  );
};

/** `baseUrl`: what `/v3` comes behind. Answers what was kept; throws where an answer is another than the case has. */
export const runCase = async (baseUrl: string, known: Known, one: Case): Promise<void> => {
  const { method, path, token, subject, body, raw } = one.send;
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(fillDeep(known, body)));
  const answer = await fetch(baseUrl + fill(known, path), {
    method,
    redirect: "manual",
    headers: {
      ...{ accept: "application/json", connection: "close" },
      ...(text === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { "x-auth-token": fill(known, token) }),
      ...(subject === undefined ? {} : { "x-subject-token": fill(known, subject) }),
    },
    ...(text === undefined ? {} : { body: text }),
  });
  const came = await answer.text();
  expect({ status: answer.status, came }, one.name).toEqual({ status: one.status, came });
  for (const [name, pattern] of Object.entries(one.headers ?? {}))
    expect(answer.headers.get(name) ?? "", `${one.name}: ${name}`).toEqual(matcher(known, pattern));
  const json: unknown = came === "" ? undefined : JSON.parse(came);
  if (one.body !== undefined) expect(json, one.name).toEqual(matcher(known, one.body));
  for (const [list, rows] of Object.entries(one.has ?? {}))
    expect(at(json, list), `${one.name}: ${list}`).toEqual(
      expect.arrayContaining(rows.map((row) => matcher(known, row))),
    );
  for (const gone of one.absent ?? [])
    expect(at(json, gone), `${one.name}: ${gone}`).toBeUndefined();
  for (const [name, from] of Object.entries(one.keep ?? {})) {
    const kept = answer.headers.get(from) ?? at(json, from);
    if (typeof kept === "string") known.set(name, kept);
  }
};
