// The form of one row of the error table, and how everything else about an error follows from it.

/** Whose doing it was: the caller's (`refused`), something that is away (`unavailable`), or ours (`bug`). */
export type Blame = "refused" | "unavailable" | "bug";

/** Exit codes of the command line, after sysexits(3): one meaning each. */
export const exitCodes = {
  usage: 64,
  data: 65,
  notFound: 66,
  unavailable: 69,
  software: 70,
  cannotCreate: 73,
  io: 74,
  tryAgain: 75,
  noPermission: 77,
  config: 78,
} as const;

/** One row: what a code means at every edge. */
export interface ErrorRow {
  /** HTTP status of the problem+json. */
  readonly status: number;
  /** Exit code of the command line. */
  readonly exit: keyof typeof exitCodes;
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
  readonly blame: Blame;
  /** One sentence for the reader. `{name}` is filled from the details of that name. */
  readonly sentence: string;
}

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The details that a row's sentence needs, by name. */
export type DetailsOf<Row extends ErrorRow> = {
  readonly [Name in Placeholders<Row["sentence"]>]: string | number;
};

const row =
  <const Fixed extends Omit<ErrorRow, "sentence" | "exit">>(fixed: Fixed) =>
  <const Exit extends ErrorRow["exit"], const Sentence extends string>(
    exit: Exit,
    sentence: Sentence,
  ) =>
    ({ ...fixed, exit, sentence }) as const;

/** The caller's doing: `refused(status)(exit, sentence)`. */
export const refused = (status: number) => row({ status, retryable: false, blame: "refused" });
/** The caller's doing, but time alone may mend it. */
export const refusedForNow = (status: number) => row({ status, retryable: true, blame: "refused" });
/** Something is away. */
export const unavailable = (status: number) =>
  row({ status, retryable: true, blame: "unavailable" });
/** Ours. */
export const bug = (status: number) => row({ status, retryable: false, blame: "bug" });
