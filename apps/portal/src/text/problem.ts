// What went wrong, for the reader: by the code of the error table in the chosen language, else as the cloud said it.
import { isS4tError } from "@s4t/kit";
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

/** Sentence of a code; the English one is the table's own. */
export const sentenceOf = (
  code: string,
  english: string,
  details?: Readonly<Record<string, unknown>>,
): string => {
  if (currentLanguage() === "en") return english;
  const values = Object.fromEntries(
    Object.entries(details ?? {}).map(([name, value]) => [name, String(value)]),
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
