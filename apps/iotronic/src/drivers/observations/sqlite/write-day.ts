// Writes values of a day: one transaction in its file.
import type { Clock, Log } from "@s4t/kit";
import { type Day, dayOf, nameOfDay } from "../../../ports/observations.ts";
import { isDamage } from "../../../technology/sqlite/translate.ts";
import type { ObservationFiles, OpenFile } from "./files.ts";

interface Value {
  /** Number of its series. */
  readonly known: number;
  readonly atMs: number;
  readonly value: number;
}

const insertPoint =
  "INSERT INTO points (series, at, value) VALUES (?, ?, ?) ON CONFLICT (series, at) DO UPDATE SET value = excluded.value";

const write = (
  files: ObservationFiles,
  day: Day,
  values: readonly Value[],
  clock: Clock,
): OpenFile => {
  const file = files.raw(day);
  const { database, statement } = file;
  const insert = statement(insertPoint);
  if (day < dayOf(clock.now()))
    files
      .dictionary()
      .statement("UPDATE days SET rolled = 0 WHERE day = ? AND rolled = 1")
      .run(day);
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const { known, atMs, value } of values) insert.run(known, atMs, value);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
  return file;
};

/** Answers the file, to be flushed. A damaged one is set aside, and the day goes on in a new one: what comes now must not be lost too. */
export const writeDay = (
  files: ObservationFiles,
  day: Day,
  values: readonly Value[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): OpenFile => {
  try {
    return write(files, day, values, clock);
  } catch (error) {
    if (!isDamage(error)) throw error;
    files.setAside(day);
    log.error("Values of a day are damaged and were set aside", { day: nameOfDay(day), error });
    return write(files, day, values, clock);
  }
};
