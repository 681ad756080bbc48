// Rows of a report, out of what a board sent. What cannot be read is left out and counted: refusing the batch for it would have
// the board send the same batch for ever, and nothing that it says would be heard again.
import { check, type ReportBatch, ReportRow, SeriesDescription, SeriesName } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { Check } from "typebox/value";

/** A row and its number in the board's journal. */
export interface NumberedRow {
  readonly seq: number;
  readonly row: ReportRow;
}

export interface ParsedRows {
  readonly rows: readonly NumberedRow[];
  /** Rows of which a part was left out. */
  readonly mended: number;
  /** Rows that were left out. */
  readonly refused: number;
  /** What was wrong with the last of them. */
  readonly because: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;
const isMembers = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const onlyGood = (members: unknown, isGood: (value: unknown) => boolean): unknown =>
  isMembers(members)
    ? Object.fromEntries(
        Object.entries(members).filter(([name, value]) => Check(SeriesName, name) && isGood(value)),
      )
    : members;

/** A row of many values or descriptions, without those that are wrong: the others are of other sensors. */
const withoutFaults = (row: unknown): unknown => {
  if (!isMembers(row)) return row;
  if (row.kind === "points") return { ...row, values: onlyGood(row.values, Number.isFinite) };
  if (row.kind === "series")
    return { ...row, series: onlyGood(row.series, (each) => Check(SeriesDescription, each)) };
  return row;
};

/** The form of each kind: a row names its own, so that it is not held against all of them in turn. */
const forms = new Map(ReportRow.anyOf.map((form) => [form.properties.kind.const as string, form]));
const isRow = (row: unknown): row is ReportRow => {
  const form = isMembers(row) ? forms.get(row.kind as string) : undefined;
  return form !== undefined && Check(form, row);
};

/** Reads the rows of a batch from number `from` on; never throws for what a board sent. */
export const parseRows = ({ seq: first, rows: sent }: ReportBatch, from: number): ParsedRows => {
  const rows: NumberedRow[] = [];
  let mended = 0;
  let refused = 0;
  let because: string | undefined;
  for (const [i, row] of sent.entries()) {
    const seq = first + i;
    if (seq < from) continue;
    if (isRow(row)) {
      rows.push({ seq, row });
      continue;
    }
    try {
      rows.push({ seq, row: check(ReportRow, withoutFaults(row), "row") });
      mended += 1;
    } catch (error) {
      if (!isS4tError(error, "request.invalid")) throw error;
      refused += 1;
      because = error.message;
    }
  }
  return { rows, mended, refused, because };
};
