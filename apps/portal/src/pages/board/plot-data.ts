// The points of a plot: what is stored, with the live tail behind it. A stretch without values stays empty: a line across it
// would tell of values that nobody measured.
import type { PlotData } from "../../ui/plot.tsx";

type Tail = readonly (readonly [at: number, value: number])[];

/** Points further apart than this many periods are not joined: one value may be late. */
const GAP_PERIODS = 2.5;

/** Opens the line wherever nothing was measured. */
const withGaps = ({ at, mean, min, max }: PlotData, gapMs: number): PlotData => {
  const out = { at: [] as number[], mean: [] as Cell[], min: [] as Cell[], max: [] as Cell[] };
  for (const [index, ms] of at.entries()) {
    const before = at[index - 1];
    if (before !== undefined && ms - before > gapMs) {
      out.at.push((before + ms) / 2);
      for (const column of [out.mean, out.min, out.max]) column.push(null);
    }
    out.at.push(ms);
    out.mean.push(mean[index] ?? null);
    out.min.push(min[index] ?? null);
    out.max.push(max[index] ?? null);
  }
  return out;
};
type Cell = number | null;

export const merged = (
  stored: (PlotData & { readonly stepS: number }) | undefined,
  tail: Tail,
  { from, periodMs }: { readonly from: number; readonly periodMs: number },
): PlotData => {
  const at = stored?.at.filter((ms) => ms >= from) ?? [];
  const skip = (stored?.at.length ?? 0) - at.length;
  const last = at.at(-1) ?? 0;
  const later = tail.filter(([ms]) => ms > last && ms >= from);
  const values = later.map(([, value]) => value);
  return withGaps(
    {
      at: [...at, ...later.map(([ms]) => ms)],
      mean: [...(stored?.mean.slice(skip) ?? []), ...values],
      min: [...(stored?.min.slice(skip) ?? []), ...values],
      max: [...(stored?.max.slice(skip) ?? []), ...values],
    },
    GAP_PERIODS * Math.max(periodMs, (stored?.stepS ?? 0) * 1_000),
  );
};
