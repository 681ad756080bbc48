import type { Generated } from "kysely";

export interface ChangeTables {
  changes: {
    seq: Generated<number>;
    project_id: string;
    noun: string;
    resource_id: string;
    rev: number;
    actor: string;
    at: number;
    /** JSON. */
    patch: string;
  };
}
