// 64-bit integers of a row: moments, revisions, counters. Some databases hand them over as text, since JavaScript's numbers end at
// 2^53; all of ours are far below.

/** Makes the reader of these columns. A row that has them as numbers already comes back as it is. */
export const int64 =
  (...columns: readonly string[]) =>
  <Row extends object>(row: Row): Row => {
    const read: Record<string, number> = {};
    for (const name of columns) {
      const value = (row as Record<string, unknown>)[name];
      if (typeof value === "string" || typeof value === "bigint") read[name] = Number(value);
    }
    return Object.keys(read).length === 0 ? row : { ...row, ...read };
  };
