// Operations that are looked up no more, removed in small steps: those that ended long ago, and those of projects that are gone.
import type { ProjectId } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import { everything, within } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import { createSteps, ROWS_AT_ONCE, type Step } from "./steps.ts";
import { removeEndedBefore, removeOfProject } from "./store.ts";

/** How long an operation that has ended can be looked up, with its result. Who did what is in the audit log for longer. */
export const OPERATIONS_KEPT_DAYS = 30;
/** How often older ones are removed. */
export const OPERATIONS_PRUNE_MS = 3_600_000;

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
  const steps = createSteps(database, log, "Old operations could not be removed");
  let timer: { cancel(): void } | undefined;

  const old = (): Step => {
    const before = clock.now() - OPERATIONS_KEPT_DAYS * 86_400_000;
    return (tx: Tx) => removeEndedBefore(everything, tx, before, ROWS_AT_ONCE);
  };

  const watch = (): void => {
    timer = clock.after(OPERATIONS_PRUNE_MS, () => {
      steps.beside(old());
      watch();
    });
  };

  return {
    name: "operations-retention",
    start: watch,
    async stop() {
      timer?.cancel();
      await steps.stop();
    },
    prune: () => steps.run(old()),
    forget(tx, project) {
      const step = (next: Tx) => removeOfProject(within(project), next, project, ROWS_AT_ONCE);
      tx.afterCommit(() => steps.beside(step));
    },
  };
};
