export type { PostgresOptions } from "./config.ts";
export { createPostgresDatabase as postgresDatabase } from "./postgres.ts";
