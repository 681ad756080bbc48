// Rolls up a day that is over: minutes out of raw values, hours out of minutes. A few series a turn, so that boards are not kept
// waiting; done again from the start it gives the same, so a crash in between costs nothing but the time.
import { DAY_MS, type Day } from "../../../ports/observations.ts";
import type { ObservationFiles } from "./files.ts";

/** Series rolled up in one turn: 8 × 1,440 minutes take some 30 ms. */
export const SERIES_ROLLED_A_TURN = 8;

const insertMinutes =
  "INSERT OR REPLACE INTO minutes (series, at, count, sum, min, max) VALUES (?, ?, ?, ?, ?, ?)";
const readMinutes =
  "SELECT series, at / 60000 * 60000 AS at, count(*) AS count, sum(value) AS sum, min(value) AS min, max(value) AS max FROM points WHERE series > ? AND series <= ? GROUP BY 1, 2";
const insertHours =
  "INSERT OR REPLACE INTO hours (series, at, count, sum, min, max) SELECT series, at / 3600000 * 3600000, sum(count), sum(sum), min(min), max(max) FROM minutes WHERE series > ? AND series <= ? AND at >= ? AND at < ? GROUP BY 1, 2";

/** Rolls up the series that follow `after`; answers the last of them, `undefined` when there are none. */
const rollUpSome = (files: ObservationFiles, day: Day, after: number): number | undefined => {
  const raw = files.raw(day);
  const next = raw.statement("SELECT min(series) AS series FROM points WHERE series > ?");
  let last = after;
  for (let i = 0; i < SERIES_ROLLED_A_TURN; i += 1) {
    const series = next.get(last)?.series;
    if (series === null || series === undefined) break;
    last = Number(series);
  }
  if (last === after) return undefined;
  const { database, statement } = files.rollups(day);
  database.exec("BEGIN IMMEDIATE");
  try {
    const insert = statement(insertMinutes);
    for (const row of raw.statement(readMinutes).iterate(after, last))
      insert.run(
        Number(row.series),
        Number(row.at),
        Number(row.count),
        Number(row.sum),
        Number(row.min),
        Number(row.max),
      );
    statement(insertHours).run(after, last, day * DAY_MS, (day + 1) * DAY_MS);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
  return last;
};

/** Rolls up all series of a day, giving way between turns. */
export const rollUp = async (files: () => ObservationFiles, day: Day): Promise<void> => {
  let after: number | undefined = -1;
  while (after !== undefined) {
    after = rollUpSome(files(), day, after);
    await new Promise((resolve) => setImmediate(resolve));
  }
};
