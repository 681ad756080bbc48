export interface DelegationTables {
  delegations: {
    uuid: string;
    /** Of the board. */
    project_id: string;
    board_id: string;
    /** Names as they were when it was given. */
    board_name: string;
    parent_id: string | null;
    issuer_id: string;
    issuer_name: string;
    subject_kind: string;
    subject_id: string;
    subject_name: string;
    /** What holds: the columns beside it are for finding it. */
    statement: string;
    hash: string;
    until_at: number;
    created_at: number;
    revoked_at: number | null;
  };
}
