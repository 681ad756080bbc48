// Untrusted value → typed value, or `request.invalid` that says where and why. Interpreted, never compiled: the same code
// runs under a browser's content security policy.
import type { Static, TSchema } from "typebox";
import { Check, Errors } from "typebox/value";
import { fail } from "./errors/index.ts";

/** Returns `value` as the schema's type, or throws `request.invalid` naming the first fault. */
export const check = <S extends TSchema>(schema: S, value: unknown, where = "body"): Static<S> => {
  if (Check(schema, value)) return value as Static<S>;
  const [first] = Errors(schema, value);
  throw fail("request.invalid", {
    where: `${where}${first?.instancePath ?? ""}`,
    because: first?.message ?? "does not fit",
  });
};
