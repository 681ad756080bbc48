import type { Clock, Log } from "@s4t/kit";

/** What the PostgreSQL driver of observations needs. */
export interface PostgresObservationsOptions {
  /** `postgres://user:password@host:port/database`. The user may create a schema there and is no superuser. */
  readonly url: string;
  /** Most connections at once. */
  readonly connections: number;
  /** Folder of a restored backup that waits to be imported, if there is one. */
  readonly importFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}
