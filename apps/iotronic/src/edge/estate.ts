// What a module holds of a project, when the project is to be removed: some of it keeps the project, the rest goes with it.
import type { ProjectId } from "@s4t/contract";
import type { Reader, Tx } from "../ports/database.ts";

export interface Estate {
  /** How much keeps the project: somebody has to remove it first, and to know what that does. */
  count(reader: Reader, project: ProjectId): Promise<number>;
  /** Within a transaction: removes the rest. */
  remove(tx: Tx, project: ProjectId): Promise<void>;
}
