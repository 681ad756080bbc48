// Reads a range, day by day: roll-ups where the day has them and the step allows, raw values else.
import { DAY_MS, type Day, dayOf, nameOfDay, type StepRow } from "../../../ports/observations.ts";
import { isDamage } from "../../../technology/sqlite/translate.ts";
import type { ObservationFiles } from "./files.ts";

export interface DayQuery {
  readonly id: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

const rowOf = (row: Record<string, unknown>): StepRow => ({
  at: Number(row.at),
  count: Number(row.count),
  sum: Number(row.sum),
  min: Number(row.min),
  max: Number(row.max),
});

const rowsOfDay = (files: ObservationFiles, day: Day, query: DayQuery): StepRow[] => {
  const { id, stepMs } = query;
  const fromMs = Math.max(query.fromMs, day * DAY_MS);
  const toMs = Math.min(query.toMs, (day + 1) * DAY_MS);
  const rolled = files
    .dictionary()
    .statement("SELECT rolled FROM days WHERE day = ?")
    .get(day)?.rolled;
  // The step stands in the text: bound, it would be a floating number, and dividing by it would not cut.
  if (stepMs >= 60_000 && rolled === 1) {
    const table = stepMs >= 3_600_000 ? "hours" : "minutes";
    return files
      .rollups(day)
      .statement(
        `SELECT at / ${stepMs} * ${stepMs} AS at, sum(count) AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max FROM ${table} WHERE series = ? AND at >= ? AND at < ? GROUP BY 1 ORDER BY 1`,
      )
      .all(id, fromMs, toMs)
      .map(rowOf);
  }
  if (!files.hasRaw(day)) return [];
  const raw = files.raw(day);
  if (stepMs === 0)
    return raw
      .statement(
        "SELECT at, 1 AS count, value AS sum, value AS min, value AS max FROM points WHERE series = ? AND at >= ? AND at < ? ORDER BY at",
      )
      .all(id, fromMs, toMs)
      .map(rowOf);
  return raw
    .statement(
      `SELECT at / ${stepMs} * ${stepMs} AS at, count(*) AS count, sum(value) AS sum, min(value) AS min, max(value) AS max FROM points WHERE series = ? AND at >= ? AND at < ? GROUP BY 1 ORDER BY 1`,
    )
    .all(id, fromMs, toMs)
    .map(rowOf);
};

/** Rows of all days, and the days whose file is damaged: the others still answer. */
export const readRange = (
  files: ObservationFiles,
  query: DayQuery,
): { readonly rows: StepRow[]; readonly damaged: string[] } => {
  const rows: StepRow[] = [];
  const damaged: string[] = [];
  for (let day = dayOf(query.fromMs); day <= dayOf(query.toMs - 1); day += 1) {
    if (files.wasSetAside(day)) damaged.push(nameOfDay(day));
    try {
      for (const row of rowsOfDay(files, day, query)) rows.push(row);
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (!damaged.includes(nameOfDay(day))) damaged.push(nameOfDay(day));
    }
  }
  return { rows, damaged };
};
