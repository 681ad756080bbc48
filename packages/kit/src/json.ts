// JSON at the borders: what strangers send is parsed here and nowhere else, and what is hashed or signed is written here.
import { S4tError } from "./errors.ts";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Deeper than this no message of ours goes; recursive readers of a parsed value may rely on it. */
export const MAX_JSON_DEPTH = 32;

const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);

const badJson = (because: string, cause?: unknown) =>
  new S4tError("request.malformed", `The text is not acceptable JSON: ${because}.`, {
    details: { because },
    cause,
  });

/** Depth by counting brackets outside strings: the parser itself would happily follow a million of them. */
const checkDepth = (text: string, maxDepth: number): void => {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i += 1) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 92) i += 1;
      else if (c === 34) inString = false;
    } else if (c === 34) inString = true;
    else if (c === 123 || c === 91) {
      depth += 1;
      if (depth > maxDepth) throw badJson(`nested deeper than ${maxDepth}`);
    } else if (c === 125 || c === 93) depth -= 1;
  }
};

const hasForbiddenKey = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasForbiddenKey);
  for (const key of Object.keys(value))
    if (forbiddenKeys.has(key) || hasForbiddenKey((value as Record<string, unknown>)[key]))
      return true;
  return false;
};

/**
 * Parses JSON from an untrusted peer. Throws `request.malformed` for bad syntax, for nesting deeper than `maxDepth`
 * (default {@link MAX_JSON_DEPTH}) and for the keys through which prototypes are polluted.
 */
export const parseJson = (text: string, maxDepth = MAX_JSON_DEPTH): unknown => {
  checkDepth(text, maxDepth);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badJson("the syntax is wrong", cause);
  }
  // A cheap look at the text first: almost no message has one of these words, so almost none is walked.
  if (
    (text.includes("__proto__") ||
      text.includes("prototype") ||
      text.includes("constructor") ||
      text.includes("\\u")) &&
    hasForbiddenKey(value)
  )
    throw badJson("a key is one of __proto__, constructor, prototype");
  return value;
};

/**
 * Canonical JSON (RFC 8785): keys sorted by UTF-16 code units, no blanks, numbers as ECMAScript prints them. `undefined`
 * members are left out, as JSON does. Throws a TypeError-like `internal` for what JSON cannot say (NaN, functions, lone surrogates).
 */
export const canonicalJson = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new S4tError("internal", "Not canonical: lone surrogate.");
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value))
        throw new S4tError("internal", "Not canonical: number is not finite.");
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
      const members: string[] = [];
      for (const key of Object.keys(value).sort()) {
        const member = (value as Record<string, unknown>)[key];
        if (member !== undefined) members.push(`${canonicalJson(key)}:${canonicalJson(member)}`);
      }
      return `{${members.join(",")}}`;
    }
    default:
      throw new S4tError("internal", `Not canonical: ${typeof value}.`);
  }
};
