// SQLite's own words → ours.
import { fail } from "@s4t/contract";

const full = 13;
const readOnly = 8;
const inputOutput = 10;
const cannotOpen = 14;
const corrupt = 11;
const notADatabase = 26;

/** Whether SQLite says that a file is not, or no longer, a database. */
export const isDamage = (error: unknown): boolean => {
  const primary = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
  return primary === corrupt || primary === notADatabase;
};

/** What a caller may be told of an error. Constraint violations pass as they are: they are the stores' to read. */
export const translate = (error: unknown, file = "cloud.sqlite"): unknown => {
  const code = (error as { errcode?: number }).errcode;
  if (code === undefined) return error;
  const primary = code & 0xff;
  if (primary === full) return fail("cloud.storage-full", undefined, error);
  if (isDamage(error)) return fail("data.damaged", { file }, error);
  return [inputOutput, readOnly, cannotOpen].includes(primary)
    ? fail("cloud.unavailable", { because: "its disk does not answer" }, error)
    : error;
};
