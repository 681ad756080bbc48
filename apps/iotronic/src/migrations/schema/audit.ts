import type { ColumnType } from "kysely";

/** A column that only the sequencer fills, later. */
export type Later<Value> = ColumnType<Value | null, Value | null | undefined, Value>;

export interface AuditTables {
  audit_entries: {
    uuid: string;
    idx: Later<number>;
    at: number;
    project_id: string | null;
    action: string;
    actor_id: string;
    resource_id: string | null;
    payload: string | null;
    salt: string | null;
    leaf: string;
  };
  audit_heads: { size: number; root: string; at: number; key: string; signature: string };
}
