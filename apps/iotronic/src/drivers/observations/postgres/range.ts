// Reads a range: roll-ups of the days that have them where the step allows, raw values of the others.
import type { PoolClient } from "pg";
import { DAY_MS, type Day, dayOf, type StepRow } from "../../../ports/observations.ts";

interface Asked {
  readonly id: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

const raw =
  "select at, 1 as count, value as sum, value as min, value as max from observations.points where series = $1 and at >= $2 and at < $3 order by at";
const rawInSteps = (stepMs: number): string =>
  `select at / ${stepMs} * ${stepMs} as at, count(*) as count, sum(value) as sum, min(value) as min, max(value) as max from observations.points where series = $1 and at >= $2 and at < $3 group by 1 order by 1`;
const rolledInSteps = (stepMs: number): string =>
  `select at / ${stepMs} * ${stepMs} as at, sum(count)::bigint as count, sum(sum) as sum, min(min) as min, max(max) as max from observations.${stepMs >= 3_600_000 ? "hours" : "minutes"} where series = $1 and at >= $2 and at < $3 group by 1 order by 1`;

/** Neighbouring days that are read the same way: one question each. */
const stretches = (
  { fromMs, toMs }: Asked,
  rolled: ReadonlySet<Day>,
): { rolled: boolean; fromMs: number; toMs: number }[] => {
  const found: { rolled: boolean; fromMs: number; toMs: number }[] = [];
  for (let day = dayOf(fromMs); day <= dayOf(toMs - 1); day += 1) {
    const end = Math.min(toMs, (day + 1) * DAY_MS);
    const last = found.at(-1);
    if (last && last.rolled === rolled.has(day)) last.toMs = end;
    else found.push({ rolled: rolled.has(day), fromMs: Math.max(fromMs, day * DAY_MS), toMs: end });
  }
  return found;
};

/** Rows in order. */
export const readRange = async (client: PoolClient, asked: Asked): Promise<StepRow[]> => {
  const { id, fromMs, toMs, stepMs } = asked;
  if (stepMs === 0) return (await client.query(raw, [id, fromMs, toMs])).rows as StepRow[];
  const days =
    stepMs < 60_000
      ? { rows: [] }
      : await client.query(
          "select day from observations.days where rolled and day between $1 and $2",
          [dayOf(fromMs), dayOf(toMs)],
        );
  const rolled = new Set((days.rows as { day: number }[]).map(({ day }) => day));
  const rows: StepRow[] = [];
  for (const part of stretches(asked, rolled)) {
    const text = part.rolled ? rolledInSteps(stepMs) : rawInSteps(stepMs);
    const { rows: found } = await client.query(text, [id, part.fromMs, part.toMs]);
    for (const row of found as StepRow[]) rows.push(row);
  }
  return rows;
};
