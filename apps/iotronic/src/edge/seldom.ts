// What is worth a line in the log, but not a line each time: the first of a key, then one an hour at most.

/** How long a complaint about the same thing keeps quiet after one. */
export const COMPLAIN_AGAIN_MS = 3_600_000;
/** Most things that are remembered; beyond it all are forgotten, and complained about once more. */
export const MAX_REMEMBERED_COMPLAINTS = 10_000;

/** Answers whether it is time to say something about `key`. */
export const createSeldom = (monotonicMs: () => number): ((key: string) => boolean) => {
  const said = new Map<string, number>();
  return (key) => {
    const now = monotonicMs();
    const before = said.get(key);
    if (before !== undefined && now - before < COMPLAIN_AGAIN_MS) return false;
    if (said.size >= MAX_REMEMBERED_COMPLAINTS) said.clear();
    said.set(key, now);
    return true;
  };
};
