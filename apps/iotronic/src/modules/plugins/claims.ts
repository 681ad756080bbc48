// Who holds which bytes of the shared store just now: a blob that somebody stores, or is about to name, is not removed, and one that
// is being removed is neither until it is gone.

export interface Claims {
  /** Holds a blob; waits for its removal, where one is under way. */
  claim(sha256: string): Promise<Disposable>;
  /** Runs `work` while nobody holds the blob; not at all where somebody does, or where all of them are held. */
  unclaimed(sha256: string, work: () => Promise<void>): Promise<void>;
  /** Runs `work` while no blob is removed. */
  still<T>(work: () => Promise<T>): Promise<T>;
}

export const createClaims = (): Claims => {
  const counts = new Map<string, number>();
  const removals = new Map<string, Promise<void>>();
  let stills = 0;
  return {
    async claim(sha256) {
      for (;;) {
        const removal = removals.get(sha256);
        if (!removal) break;
        await removal;
      }
      counts.set(sha256, (counts.get(sha256) ?? 0) + 1);
      return {
        [Symbol.dispose]() {
          const left = (counts.get(sha256) ?? 1) - 1;
          if (left === 0) counts.delete(sha256);
          else counts.set(sha256, left);
        },
      };
    },
    async unclaimed(sha256, work) {
      if (counts.has(sha256) || stills > 0) return;
      const done = Promise.withResolvers<void>();
      removals.set(sha256, done.promise);
      try {
        await work();
      } finally {
        removals.delete(sha256);
        done.resolve();
      }
    },
    async still(work) {
      stills += 1;
      try {
        return await work();
      } finally {
        stills -= 1;
      }
    },
  };
};
