export type { SqliteObservationsOptions } from "./config.ts";
export { createSqliteObservations as sqliteObservations } from "./sqlite.ts";
