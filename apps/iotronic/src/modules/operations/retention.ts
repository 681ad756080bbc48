// Operations that are looked up no more, removed in small steps: those that ended long ago, and those of projects that are gone.
import type { ProjectId } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import { everything, within } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import { removeEndedBefore, removeOfProject } from "./store.ts";

/** How long an operation that has ended can be looked up, with its result. Who did what is in the audit log for longer. */
export const OPERATIONS_KEPT_DAYS = 30;
/** How often older ones are removed. */
export const OPERATIONS_PRUNE_MS = 3_600_000;
/** Operations that one transaction removes: other writers hardly wait for it. */
export const OPERATIONS_PRUNED_AT_ONCE = 500;

export interface Retention extends Part {
  /** Removes what has ended long ago. */
  prune(): Promise<void>;
  /** Within a transaction: the project is gone; its operations go soon. Those that a kill leaves end with their time. */
  forget(tx: Tx, project: ProjectId): void;
}

export interface RetentionDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes it. */
export const createRetention = ({ database, clock, log }: RetentionDependencies): Retention => {
  const going = new Set<Promise<void>>();
  let timer: { cancel(): void } | undefined;
  let isStopped = false;

  /** Step by step until one finds less than it may take. */
  const inSteps = async (step: (tx: Tx) => Promise<number>): Promise<void> => {
    for (let removed = OPERATIONS_PRUNED_AT_ONCE; removed === OPERATIONS_PRUNED_AT_ONCE; ) {
      if (isStopped) return;
      removed = await database.write(everything, step);
    }
  };

  const beside = (work: () => Promise<void>): void => {
    const done = work()
      .catch((error: unknown) => log.warn("Old operations could not be removed", { error }))
      .finally(() => going.delete(done));
    going.add(done);
  };

  const prune = (): Promise<void> => {
    const before = clock.now() - OPERATIONS_KEPT_DAYS * 86_400_000;
    return inSteps((tx) => removeEndedBefore(everything, tx, before, OPERATIONS_PRUNED_AT_ONCE));
  };

  const watch = (): void => {
    timer = clock.after(OPERATIONS_PRUNE_MS, () => {
      beside(prune);
      watch();
    });
  };

  return {
    name: "operations-retention",
    start: watch,
    async stop() {
      isStopped = true;
      timer?.cancel();
      await Promise.all(going);
    },
    prune,
    forget(tx, project) {
      const step = (next: Tx) =>
        removeOfProject(within(project), next, project, OPERATIONS_PRUNED_AT_ONCE);
      tx.afterCommit(() => beside(() => inSteps(step)));
    },
  };
};
