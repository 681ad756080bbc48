/** What the SQLite driver needs. */
export interface SqliteOptions {
  /** Folder of the file. */
  readonly folder: string;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
  /** Where commits are flushed: in Node's pool of threads, or in the loop, by SQLite itself: only to measure what that would be. */
  readonly flush?: "pool" | "loop";
  /** Longest time that one writer may hold the others. */
  readonly writerLimitMs?: number;
  /** False leaves flushing to the operating system: only to show that the durability tests notice. */
  readonly durable?: boolean;
}
