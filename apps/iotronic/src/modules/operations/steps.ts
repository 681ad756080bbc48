// Much work on rows, step by step: each step a transaction of its own that takes so many rows, so that other writers hardly wait.
import type { Log } from "@s4t/kit";
import { everything } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";

/** Rows that one transaction takes. */
export const ROWS_AT_ONCE = 500;

/** Takes at most {@link ROWS_AT_ONCE} rows; answers how many there were. */
export type Step = (tx: Tx) => Promise<number>;

export interface Steps {
  /** Step by step until one finds less than it may take. */
  run(step: Step): Promise<void>;
  /** The same, and nobody waits for it: what fails is logged. */
  beside(step: Step): void;
  /** After the steps that are under way. */
  stop(): Promise<void>;
}

/** Makes them. `failed`: what the log says of a step beside that fails. */
export const createSteps = (database: Database, log: Log, failed: string): Steps => {
  const going = new Set<Promise<void>>();
  let isStopped = false;
  const run = async (step: Step): Promise<void> => {
    for (let taken = ROWS_AT_ONCE; taken === ROWS_AT_ONCE; ) {
      if (isStopped) return;
      taken = await database.write(everything, step);
    }
  };
  return {
    run,
    beside(step) {
      const done = run(step)
        .catch((error: unknown) => log.warn(failed, { error }))
        .finally(() => going.delete(done));
      going.add(done);
    },
    async stop() {
      isStopped = true;
      await Promise.all(going);
    },
  };
};
