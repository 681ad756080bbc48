export type { PostgresObservationsOptions } from "./config.ts";
export { createPostgresObservations as postgresObservations } from "./postgres.ts";
