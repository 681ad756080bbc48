// The log of changes: written in the transaction that makes them, told to listeners after its commit, kept for a while.
import type { Clock, Part } from "@s4t/kit";
import type { Change, ChangeLog } from "../../edge/facts.ts";
import { everything, type Scope } from "../../policy/index.ts";
import type { Database } from "../../ports/database.ts";
import {
  CHANGES_KEPT_DAYS,
  findFirstSeq,
  findLastSeq,
  insertChange,
  listChangesOf,
  listChangesSince,
  removeChangesBefore,
} from "./store.ts";

/** How often old changes are removed. */
export const CHANGES_PRUNE_MS = 3_600_000;
/** Most changes that a resuming reader is given; one further behind gets a fresh snapshot. */
export const MAX_RESUMED_CHANGES = 5_000;
/**
 * How far before its cursor a resuming reader is told again on PostgreSQL. Numbers are given there before transactions end, so that a
 * higher one may be seen first; many more are not given while one transaction goes on. Told twice harms nobody: what is sent is
 * how things are now.
 */
export const RESUME_OVERLAP = 500;

export interface Changes extends ChangeLog, Part {
  /** Changes after a cursor, oldest first, some before it perhaps again; undefined when the reader is too far behind to catch up by changes. */
  since(scope: Scope, seq: number): Promise<readonly Change[] | undefined>;
  /** Changes of one resource, newest first. */
  of(scope: Scope, uuid: string, before: number, limit: number): Promise<readonly Change[]>;
  /** The newest change's number: the cursor of a snapshot taken now. */
  lastSeq(): number;
}

/** Makes the log. */
export const createChanges = ({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): Changes => {
  const listeners = new Set<(change: Change) => void>();
  // SQLite has one writer at a time: numbers come in the order of commits.
  const overlap = database.dialect === "postgres" ? RESUME_OVERLAP : 0;
  let last = 0;
  let timer: { cancel(): void } | undefined;
  const prune = (): void => {
    timer = clock.after(CHANGES_PRUNE_MS, () => {
      const before = clock.now() - CHANGES_KEPT_DAYS * 86_400_000;
      void database
        .write(everything, (tx) => removeChangesBefore(everything, tx, before))
        .then(prune, prune);
    });
  };
  return {
    name: "changes",
    async start() {
      last = await database.read(everything, (reader) => findLastSeq(everything, reader));
      prune();
    },
    stop() {
      timer?.cancel();
    },
    async append(tx, input) {
      const change = await insertChange(everything, tx, input, clock.now());
      tx.afterCommit(() => {
        last = Math.max(last, change.seq);
        for (const listener of listeners) listener(change);
      });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async since(scope, seq) {
      // A cursor of what a restored backup does not know, or of what was removed since: both need a fresh snapshot.
      if (seq > last) return undefined;
      const oldest = await database.read(everything, (reader) => findFirstSeq(everything, reader));
      if (seq + 1 < oldest) return undefined;
      const found = await database.read(scope, (reader) =>
        listChangesSince(scope, reader, seq - overlap, MAX_RESUMED_CHANGES + 1),
      );
      return found.length > MAX_RESUMED_CHANGES ? undefined : found;
    },
    of: (scope, uuid, before, limit) =>
      database.read(scope, (reader) => listChangesOf(scope, reader, uuid, before, limit)),
    lastSeq: () => last,
  };
};
