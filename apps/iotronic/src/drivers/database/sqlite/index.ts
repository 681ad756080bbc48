export type { SqliteOptions } from "./config.ts";
export { createSqliteDatabase as sqliteDatabase } from "./sqlite.ts";
