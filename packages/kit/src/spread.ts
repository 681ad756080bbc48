// How durations spread, in bounded memory: counted in buckets a fiftieth wide, so that a quantile is off by at most that.

/** Each bucket reaches this much further than the one before it. */
const widening = 1.02;
/** What is shorter is counted as this. */
const shortestMs = 0.01;

/** A spread in figures, milliseconds; null where nothing was counted. */
export interface SpreadFigures {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** Counts durations. */
export interface Spread {
  add(ms: number): void;
  figures(): SpreadFigures;
}

/** Makes an empty {@link Spread}. */
export const createSpread = (): Spread => {
  const buckets = new Map<number, number>();
  let count = 0;
  let max = 0;
  const quantile = (share: number): number | null => {
    if (count === 0) return null;
    let left = Math.ceil(share * count);
    for (const [bucket, size] of [...buckets].sort(([a], [b]) => a - b)) {
      left -= size;
      if (left <= 0) return Math.min(max, shortestMs * widening ** bucket);
    }
    return max;
  };
  return {
    add(ms) {
      const bucket = Math.ceil(
        Math.log(Math.max(shortestMs, ms) / shortestMs) / Math.log(widening),
      );
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
      count += 1;
      max = Math.max(max, ms);
    },
    figures: () => ({
      count,
      p50: quantile(0.5),
      p99: quantile(0.99),
      max: count === 0 ? null : max,
    }),
  };
};
