// Where durable truth lives. Asynchronous and group-committed: `write` resolves after its changes are safe on disk, and many
// writers share one flush. SQLite by default, PostgreSQL beside it; the same conformance suite.
import type { Part } from "@s4t/kit";
import type { CompiledQuery, Kysely, QueryResult } from "kysely";
import type { Schema } from "../migrations/schema.ts";
import type { Scope } from "../policy/index.ts";

/** A consistent view to read from. Only stores touch it: what runs at every request as a `statement`, the rest by `queries`. */
export interface Reader {
  readonly queries: Kysely<Schema>;
  readonly dialect: "sqlite" | "postgres";
  /** Runs a query that was compiled before. */
  run<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>>;
}

/** One transaction. A verb opens one and hands it to every store, the audit, the changes and the link that it needs. */
export interface Tx extends Reader {
  readonly writable: true;
  /** Runs after a successful commit, in order; not at all after a rollback. It must not throw. */
  afterCommit(then: () => void): void;
}

export interface Database extends Part {
  readonly dialect: "sqlite" | "postgres";
  /** Runs `work` outside any write. `scope` is enforced a second time by PostgreSQL's row-level security. */
  read<T>(scope: Scope, work: (reader: Reader) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one transaction and resolves with its result once that is durable. When `work` throws, nothing of it
   * remains and the others of the group are untouched. Throws `cloud.storage-full` and `cloud.unavailable`.
   */
  write<T>(scope: Scope, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Brings the schema up to date, one migration a transaction, under a lock. Throws `data.newer` for a later release's data. */
  migrate(): Promise<void>;
  /** Writes a consistent copy of everything, while others read and write. */
  backup(folder: string): Promise<void>;
  /** Looks at such a copy without touching anything. Throws `backup.invalid` and `backup.newer` for what `restore` would not take. */
  examine(folder: string): Promise<void>;
  /** Replaces everything by such a copy. Running reads end with `cloud.unavailable`. */
  restore(folder: string): Promise<void>;
}
