// Texts of a request → typed values by the contract's schema. Queries are coerced (they are all text), bodies never.
import { fail, whyUnfit } from "@s4t/contract";
import type { FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";

/** A header field, the first where there are several. */
export const headerOf = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Checks a value: returns it or throws `request.invalid` with where and why. */
export type Check = (value: unknown, where: string) => unknown;

/** Compiles a schema once, at start. */
export const compileCheck = (schema: TSchema): Check => {
  const compiled = Compile(schema);
  return (value, where) => {
    if (compiled.Check(value)) return value;
    const [first] = compiled.Errors(value);
    throw fail("request.invalid", {
      where: `${where}${first?.instancePath ?? ""}`,
      because: whyUnfit(first),
    });
  };
};

type Kind = "number" | "boolean" | "text";

const kindOf = (schema: { type?: unknown }): Kind => {
  if (schema.type === "integer" || schema.type === "number") return "number";
  return schema.type === "boolean" ? "boolean" : "text";
};

/** Makes the coercion of a query: numbers and flags out of their text, everything else as it is. */
export const compileCoercion = (
  schema: { properties?: Record<string, { type?: unknown }> } | undefined,
): ((query: Readonly<Record<string, unknown>>) => Record<string, unknown>) => {
  const kinds = new Map(
    Object.entries(schema?.properties ?? {}).map(([name, member]) => [name, kindOf(member)]),
  );
  return (query) => {
    // Without a prototype, so that a member called __proto__ is a member like any other, and refused.
    const coerced: Record<string, unknown> = Object.create(null);
    for (const [name, value] of Object.entries(query)) {
      const kind = kinds.get(name);
      if (kind === "number" && typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value))
        coerced[name] = Number(value);
      else if (kind === "boolean" && (value === "true" || value === "false"))
        coerced[name] = value === "true";
      else coerced[name] = value;
    }
    return coerced;
  };
};

/** `If-Match: "7"` → 7. Throws `request.invalid` for anything that is not an ETag of ours. */
export const parseIfMatch = (header: string | undefined): number | undefined => {
  if (header === undefined || header === "*") return undefined;
  const match = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim());
  if (!match)
    throw fail("request.invalid", {
      where: "header If-Match",
      because: 'must be a revision in quotes, such as "7"',
    });
  return Number(match[1]);
};

/** `Idempotency-Key: "8e03978e-…"`, with or without quotation marks. Throws `request.invalid` for one that is easily guessed. */
export const parseIdempotencyKey = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  const match = /^"?([\x21\x23-\x7e]{16,128})"?$/.exec(header.trim());
  if (!match)
    throw fail("request.invalid", {
      where: "header Idempotency-Key",
      because: "must be 16 to 128 visible characters, such as a random UUID",
    });
  return match[1];
};

/** Longest that a request may ask to be kept waiting. */
export const MAX_WAIT_S = 60;

/** `Prefer: wait=10` → 10,000 ms. */
export const parseWait = (header: string | undefined): number | undefined => {
  const match = /(?:^|[,;\s])wait=(\d{1,4})(?:$|[,;\s])/.exec(header ?? "");
  return match ? Math.min(Number(match[1]), MAX_WAIT_S) * 1_000 : undefined;
};
