// The writers' queue. Those that wait together share one transaction and so one flush of the disk (group commit); each has a
// savepoint of its own, so that one that fails takes nothing with it. The next group begins when this one is durable: a writer
// never builds on what might be lost.
import { AsyncLocalStorage } from "node:async_hooks";
import type { DatabaseSync } from "node:sqlite";
import { fail } from "@s4t/contract";
import { outside } from "@s4t/kit/node";
import type { Tx } from "../../../ports/database.ts";
import { translate } from "../../../technology/sqlite/translate.ts";
import { LeasedConnection, readerOver, type SqliteConnection } from "./dialect.ts";

/** Longest time that a group goes on taking writers in before it commits: bounds what a writer waits for others. */
export const GROUP_COMMIT_MS = 20;
/**
 * Longest time that one writer may hold its transaction, and so all others. Between their queries verbs only compute; one that
 * waits for anything else is wrong, and gets its transaction taken away.
 */
export const WRITER_LIMIT_MS = 5_000;

/** What is written through. */
export interface WritingSide {
  readonly database: DatabaseSync;
  readonly connection: SqliteConnection;
  /** Hears of each commit at once, before anybody is answered. */
  readonly onCommit: () => void;
  /** Resolves when the commit before it is on the disk. */
  readonly flush: () => Promise<void>;
  /** Says how many writes were committed; resolves when the next may begin. */
  readonly committed: (writes: number) => Promise<void>;
}

interface Writer {
  /** Does something as part of the request that wrote, not of the one that its group began with. */
  readonly within: <T>(work: () => T) => T;
  readonly run: (tx: Tx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface Writers {
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Resolves when nobody writes or waits to. */
  idle(): Promise<void>;
}

/** Gives up on a writer that takes too long; armed once a group, since almost none does. */
class Watchdog {
  readonly #limitMs: number;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #giveUp: (() => void) | undefined;

  constructor(limitMs: number, now: () => number) {
    this.#limitMs = limitMs;
    this.#now = now;
  }

  /** Settles as `work` does, or rejects with `deadline.exceeded`. */
  watch<T>(work: Promise<T>): Promise<T> {
    this.#since = this.#now();
    this.#timer ??= setTimeout(() => this.#look(), this.#limitMs);
    return new Promise((resolve, reject) => {
      this.#giveUp = () => reject(fail("deadline.exceeded", { timeoutMs: this.#limitMs }));
      work.then(resolve, reject);
    });
  }

  #look(): void {
    const leftMs = this.#since + this.#limitMs - this.#now();
    if (leftMs > 1) {
      this.#timer = setTimeout(() => this.#look(), leftMs);
      return;
    }
    this.#timer = undefined;
    this.#giveUp?.();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** Runs one writer inside the group's transaction; answers what to do once that is durable. */
const runWriter = async (
  writer: Writer,
  { database, connection }: WritingSide,
  watchdog: Watchdog,
): Promise<() => void> => {
  const after: (() => void)[] = [];
  const lease = new LeasedConnection(connection);
  const tx: Tx = Object.assign(readerOver(lease), {
    writable: true as const,
    afterCommit: (then: () => void) => void after.push(then),
  });
  connection.run("SAVEPOINT w");
  try {
    const value = await watchdog.watch(writer.within(() => writer.run(tx)));
    lease.end();
    connection.run("RELEASE w");
    return () => {
      if (after.length > 0)
        writer.within(() => {
          for (const then of after) then();
        });
      writer.resolve(value);
    };
  } catch (error) {
    lease.end();
    // A full disk rolls the whole transaction back by itself: then there is no savepoint any more.
    if (database.isTransaction) {
      connection.run("ROLLBACK TO w");
      connection.run("RELEASE w");
    }
    return () => writer.reject(translate(error));
  }
};

/** Makes the queue. `side` is asked at every group: it changes when a backup is restored, and throws when there is none. */
export const createWriters = (
  side: () => WritingSide,
  now: () => number,
  limitMs = WRITER_LIMIT_MS,
): Writers => {
  let waiting: Writer[] = [];
  let scheduled = false;
  let running: Promise<void> = Promise.resolve();
  const watchdog = new Watchdog(limitMs, now);

  /** Runs who waits, and who comes meanwhile, into one transaction, and commits it. */
  const gather = async (to: WritingSide, members: Writer[]): Promise<(() => void)[]> => {
    const settled: (() => void)[] = [];
    const endsMs = now() + GROUP_COMMIT_MS;
    to.connection.run("BEGIN IMMEDIATE");
    do {
      const group = waiting;
      waiting = [];
      members.push(...group);
      for (const writer of group) {
        settled.push(await runWriter(writer, to, watchdog));
        if (!to.database.isTransaction) throw fail("cloud.storage-full");
      }
    } while (waiting.length > 0 && now() < endsMs);
    to.connection.run("COMMIT");
    to.onCommit();
    return settled;
  };

  const runGroup = async (): Promise<void> => {
    const members: Writer[] = [];
    let to: WritingSide | undefined;
    try {
      to = side();
      const settled = await gather(to, members);
      await to.flush();
      for (const settle of settled) settle();
      await to.committed(members.length);
    } catch (error) {
      if (to?.database.isOpen && to.database.isTransaction) to.connection.run("ROLLBACK");
      // Nobody got in: whoever waits would meet the same.
      if (members.length === 0) members.push(...waiting.splice(0));
      for (const writer of members) writer.reject(translate(error));
    } finally {
      watchdog.stop();
    }
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    // After the turn that asked: everybody who writes in it belongs to the same group, which is nobody's.
    outside(() =>
      setImmediate(() => {
        scheduled = false;
        running = running.then(async () => {
          while (waiting.length > 0) {
            await runGroup();
            // Whoever writes again as soon as it is answered must not keep the loop from everybody else.
            await new Promise((resolve) => setImmediate(resolve));
          }
        });
      }),
    );
  };

  return {
    write: <T>(work: (tx: Tx) => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        const within = AsyncLocalStorage.snapshot();
        waiting.push({ within, run: work, resolve: resolve as (value: unknown) => void, reject });
        schedule();
      }),
    async idle() {
      while (waiting.length > 0 || scheduled) await new Promise((resolve) => setImmediate(resolve));
      await running;
    },
  };
};
