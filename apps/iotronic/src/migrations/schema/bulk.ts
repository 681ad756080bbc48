export interface BulkTables {
  bulks: {
    uuid: string;
    project_id: string;
    action: string;
    selection: string;
    params: string;
    body: string;
    token: string | null;
    address: string | null;
    wait_until: number | null;
    at_once: number;
    per_second: number;
    canceled: number;
    ended_at: number | null;
  };
  bulk_boards: {
    project_id: string;
    bulk_id: string;
    place: number;
    board_id: string;
    name: string;
    status: string;
    operation_id: string | null;
    started_at: number | null;
    ended_at: number | null;
    result: string | null;
    problem: string | null;
  };
}
