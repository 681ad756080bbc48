// What goes with somebody else's work into its transaction. A verb opens one transaction and knows nothing of who called it; a bulk
// operation has to know whether it was done, and a preview has to undo it. Both come with the first transaction that the verb opens.
import { AsyncLocalStorage } from "node:async_hooks";
import { Bug } from "@s4t/kit";
import type { Scope } from "../policy/index.ts";
import type { Database, Tx } from "../ports/database.ts";
import type { AuditInput } from "./facts.ts";

/** Goes with one transaction. */
interface Companion {
  readonly kind: "companion";
  readonly alongside: (tx: Tx) => Promise<void>;
  /** Taken at the first transaction, whatever becomes of it: a later one is not the verb's own. */
  isTaken: boolean;
  isDone: boolean;
}

/** Every transaction is undone. */
interface Trial {
  readonly kind: "trial";
  readonly notes: AuditInput[];
}

class Undone {
  readonly result: unknown;
  constructor(result: unknown) {
    this.result = result;
  }
}

/** What a trial came to: what would be on record. */
export interface Tried {
  readonly notes: readonly AuditInput[];
}

export interface Company {
  /**
   * Does `work`; `alongside` is the last thing of the first transaction that it opens: both are durable or neither is. `wasDone` says,
   * also while `work` throws, whether that transaction was committed.
   */
  along<T>(
    alongside: (tx: Tx) => Promise<void>,
    work: (wasDone: () => boolean) => Promise<T>,
  ): Promise<T>;
  /** Does `work` and undoes each of its transactions; answers what it would have put on record. Throws what it throws. */
  tried(work: () => Promise<unknown>): Promise<Tried>;
  /** Does what belongs to nobody's work: a refusal that is put on record beside it. */
  apart<T>(work: () => T): T;
  /** Within a transaction: hears of each entry of the audit log. */
  noted(entry: AuditInput): void;
  /** A database whose writes have company. */
  over(database: Database): Database;
}

/** Makes it. */
export const createCompany = (): Company => {
  const store = new AsyncLocalStorage<Companion | Trial | undefined>();

  const writeUndone = async <T>(
    database: Database,
    scope: Scope,
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> => {
    try {
      await database.write(scope, async (tx) => {
        throw new Undone(await work(tx));
      });
    } catch (error) {
      if (error instanceof Undone) return error.result as T;
      throw error;
    }
    throw new Bug("a trial was committed");
  };

  const writeAlong = async <T>(
    database: Database,
    scope: Scope,
    work: (tx: Tx) => Promise<T>,
    companion: Companion,
  ): Promise<T> => {
    companion.isTaken = true;
    const result = await database.write(scope, async (tx) => {
      const done = await work(tx);
      await companion.alongside(tx);
      tx.afterCommit(() => {
        companion.isDone = true;
      });
      return done;
    });
    companion.isDone = true;
    return result;
  };

  return {
    along(alongside, work) {
      const companion: Companion = { kind: "companion", alongside, isTaken: false, isDone: false };
      return store.run(companion, () => work(() => companion.isDone));
    },
    async tried(work) {
      const trial: Trial = { kind: "trial", notes: [] };
      await store.run(trial, work);
      return trial;
    },
    apart: (work) => store.run(undefined, work),
    noted(entry) {
      const present = store.getStore();
      if (present?.kind === "trial") present.notes.push(entry);
    },
    over: (database) => ({
      name: database.name,
      dialect: database.dialect,
      start: async () => database.start?.(),
      stop: async () => database.stop?.(),
      read: (scope, work) => database.read(scope, work),
      migrate: () => database.migrate(),
      backup: (folder) => database.backup(folder),
      examine: (folder) => database.examine(folder),
      restore: (folder) => database.restore(folder),
      write(scope, work) {
        const present = store.getStore();
        if (present?.kind === "trial") return writeUndone(database, scope, work);
        if (present && !present.isTaken) return writeAlong(database, scope, work, present);
        return database.write(scope, work);
      },
    }),
  };
};
