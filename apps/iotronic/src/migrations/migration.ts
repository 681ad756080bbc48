// The form of a migration: forward only, one transaction each, never edited once released.
import type { Kysely } from "kysely";

export type DialectName = "sqlite" | "postgres";

/** One step of the schema. `name` is its file's: `YYYYMMDD-HHMM-noun`, so that branches never collide. */
export interface Migration {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a migration speaks of tables as they were, not as `Schema` says they are now
  readonly up: (schema: Kysely<any>, dialect: DialectName) => Promise<void>;
}
