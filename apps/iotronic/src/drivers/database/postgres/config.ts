/** What the PostgreSQL driver needs. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. The user owns the tables and is no superuser: else row security is void. */
  readonly url: string;
  /** Most connections at once. */
  readonly connections: number;
  /** Folder of a restored backup that waits to be imported, if there is one. */
  readonly importFolder: string;
}
