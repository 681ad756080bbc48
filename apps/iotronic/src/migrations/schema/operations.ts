export interface OperationTables {
  operations: {
    uuid: string;
    project_id: string;
    name: string;
    status: string;
    parent: string | null;
    board_id: string | null;
    actor: string;
    procedure: string | null;
    args: string | null;
    idempotent: number;
    lane: number | null;
    created_at: number;
    ended_at: number | null;
    expires_at: number | null;
    result: string | null;
    problem: string | null;
    parts: string | null;
  };
}
