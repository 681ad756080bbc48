// Untrusted value → typed value, or `request.invalid` that says where and why. Interpreted, never compiled: the same code
// runs under a browser's content security policy.
import type { Static, TSchema } from "typebox";
import { Check, Errors } from "typebox/value";
import { fail } from "./errors/index.ts";

/** What a schema library says of a fault. */
export interface SchemaFault {
  readonly keyword: string;
  readonly message: string;
  readonly params: object;
}

/** Why a value does not fit, as the end of a sentence: words that are allowed are named. */
export const whyUnfit = (fault: SchemaFault | undefined): string => {
  if (fault?.keyword !== "enum") return fault?.message ?? "does not fit";
  const { allowedValues } = fault.params as { allowedValues: readonly unknown[] };
  return `must be one of ${allowedValues.join(", ")}`;
};

/** Returns `value` as the schema's type, or throws `request.invalid` naming the first fault. */
export const check = <S extends TSchema>(schema: S, value: unknown, where = "body"): Static<S> => {
  if (Check(schema, value)) return value as Static<S>;
  const [first] = Errors(schema, value);
  throw fail("request.invalid", {
    where: `${where}${first?.instancePath ?? ""}`,
    because: whyUnfit(first),
  });
};
