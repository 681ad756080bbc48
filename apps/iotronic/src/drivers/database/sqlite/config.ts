/** What the SQLite driver needs. */
export interface SqliteOptions {
  /** Folder of the file. */
  readonly folder: string;
  /** Monotonic clock, ms. */
  readonly monotonicMs: () => number;
  /** False leaves flushing to the operating system: only to show that the durability tests notice. */
  readonly durable?: boolean;
}
