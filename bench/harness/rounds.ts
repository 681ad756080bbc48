// Rounds: contenders run in turn, each round in another order, so that what the machine does meanwhile falls on all of them.

/** Rounds of a benchmark unless it says more: fewer say nothing on a machine that others use too. */
export const ROUNDS = 5;

/** The value below which `share` (0–1) of the values are. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle)
    ? ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
    : (sorted[Math.floor(middle)] ?? Number.NaN);
};

/** Runs every contender once a round, and answers each one's samples, a round each. */
export const interleave = async <Name extends string, Sample>(
  contenders: Readonly<Record<Name, () => Promise<Sample>>>,
  rounds = ROUNDS,
): Promise<Record<Name, Sample[]>> => {
  const names = Object.keys(contenders) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Sample[]
  >;
  for (let round = 0; round < rounds; round += 1)
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(round + i) % names.length] as Name;
      samples[name].push(await contenders[name]());
    }
  return samples;
};
