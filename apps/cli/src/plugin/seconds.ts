// A duration on the command line.
import { fail } from "@s4t/sdk";

/** Whole seconds out of a flag's text. Throws `request.invalid`. */
export const seconds = (flag: string, text: string): number => {
  if (!/^\d{1,4}$/.test(text))
    throw fail("request.invalid", { where: flag, because: "must be a number of seconds" });
  return Number(text);
};
