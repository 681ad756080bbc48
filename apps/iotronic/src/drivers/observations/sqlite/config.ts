import type { Clock, Log } from "@s4t/kit";

/** What the SQLite driver of observations needs. */
export interface SqliteObservationsOptions {
  /** Folder of its files. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}
