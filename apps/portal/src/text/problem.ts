// What went wrong, for the reader: by the code of the error table in the chosen language, else as the cloud said it.
import { isS4tError } from "@s4t/kit";
import { errors } from "../live/contract.ts";
import { currentLanguage, text, textOr } from "./text.ts";

export interface Shown {
  readonly code: string;
  readonly sentence: string;
  readonly reference: string | null;
}

const fieldOf = (details: unknown, name: string): string | null => {
  const value =
    typeof details === "object" && details !== null
      ? (details as Record<string, unknown>)[name]
      : undefined;
  return typeof value === "string" ? value : null;
};

/** What fills the table's sentence of a code, read back out of a sentence that it filled. */
export const detailsIn = (code: string, english: string): Readonly<Record<string, string>> => {
  const row = Object.hasOwn(errors, code) ? errors[code as keyof typeof errors] : undefined;
  if (!row) return {};
  const pattern = row.sentence
    .replace(/[.*+?^$()|[\]\\]/g, "\\$&")
    .replace(/\{(\w+)\}/g, "(?<$1>.*)");
  return new RegExp(`^${pattern}$`, "s").exec(english)?.groups ?? {};
};

/** Sentence of a code; the English one is the table's own, and what fills it fills the other's too. */
export const sentenceOf = (
  code: string,
  english: string,
  details?: Readonly<Record<string, unknown>>,
): string => {
  if (currentLanguage() === "en") return english;
  const values = Object.fromEntries(
    Object.entries({ ...detailsIn(code, english), ...details }).map(([name, value]) => [
      name,
      String(value),
    ]),
  );
  return textOr(`error.${code}`, english, values);
};

export const showProblem = (error: unknown): Shown => {
  if (!isS4tError(error))
    return { code: "internal", sentence: text("problem.unknown"), reference: null };
  const details = error.details as Readonly<Record<string, unknown>> | undefined;
  return {
    code: error.code,
    sentence: sentenceOf(error.code, error.message, details),
    reference: fieldOf(details, "reference"),
  };
};

/** Something that says of each action whether one may do it. */
interface Acted {
  readonly actions: Readonly<
    Record<string, true | { readonly code: string; readonly because: string }>
  >;
}

/** Why one may not do something with this, or null. What nothing is said of is left to the cloud to refuse. */
export const refusalOf = ({ actions }: Acted, action: string): string | null => {
  const verdict = actions[action];
  return verdict === undefined || verdict === true
    ? null
    : sentenceOf(verdict.code, verdict.because);
};
