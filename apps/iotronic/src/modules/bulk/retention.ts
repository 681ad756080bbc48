// Boards of bulk operations that are looked up no more, removed in small steps, as the operations themselves are.
import type { ProjectId } from "@s4t/contract";
import type { Clock, Log, Part } from "@s4t/kit";
import { everything, within } from "../../policy/index.ts";
import type { Database, Tx } from "../../ports/database.ts";
import { createSteps, OPERATIONS_KEPT_DAYS, ROWS_AT_ONCE } from "../operations/index.ts";
import { removeBulkBoards } from "./store.ts";

/** How often boards of old bulk operations are removed. */
export const BULK_PRUNE_MS = 3_600_000;

export interface BulkRetention extends Part {
  /** Removes what has ended long ago. */
  prune(): Promise<void>;
  /** Within a transaction: the project is gone; its bulk operations go soon. */
  forget(tx: Tx, project: ProjectId): void;
}

/** Makes it. */
export const createBulkRetention = ({
  database,
  clock,
  log,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}): BulkRetention => {
  const steps = createSteps(database, log, "Boards of old bulk operations could not be removed");
  let timer: { cancel(): void } | undefined;
  const old = () => {
    const beforeMs = clock.now() - OPERATIONS_KEPT_DAYS * 86_400_000;
    return (tx: Tx) => removeBulkBoards(everything, tx, { beforeMs }, ROWS_AT_ONCE);
  };
  const watch = (): void => {
    timer = clock.after(BULK_PRUNE_MS, () => {
      steps.beside(old());
      watch();
    });
  };
  return {
    name: "bulk-retention",
    start: watch,
    async stop() {
      timer?.cancel();
      await steps.stop();
    },
    prune: () => steps.run(old()),
    forget(tx, project) {
      const step = (next: Tx) => removeBulkBoards(within(project), next, { project }, ROWS_AT_ONCE);
      tx.afterCommit(() => steps.beside(step));
    },
  };
};
