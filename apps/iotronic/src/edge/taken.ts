// Two who give the same name at the same moment: both look, neither finds it, and the database refuses one of them.
import type { S4tError } from "@s4t/kit";

/** PostgreSQL's `unique_violation`. */
const POSTGRES_UNIQUE = "23505";
/** SQLite's extended codes: SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY. */
const SQLITE_UNIQUE: ReadonlySet<unknown> = new Set([2067, 1555]);

/** Whether a row was refused because another one has its name. */
export const isTaken = (error: unknown): boolean => {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown };
  return code === POSTGRES_UNIQUE || SQLITE_UNIQUE.has(errcode);
};

/** Settles as `work` does, but for a name that somebody took meanwhile: `taken` says that. */
export const orTaken = async <T>(work: Promise<T>, taken: () => S4tError): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (isTaken(error)) throw taken();
    throw error;
  }
};
