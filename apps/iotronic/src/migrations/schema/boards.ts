export interface BoardTables {
  boards: {
    uuid: string;
    project_id: string;
    name: string;
    rev: number;
    status: string;
    description: string;
    labels: string;
    location: string | null;
    settings: string;
    search: string;
    agent_kind: string | null;
    agent_version: string | null;
    contract: number | null;
    features: string;
    simulated: number;
    pubkey: string | null;
    info: string | null;
    epoch: number;
    connected: number;
    since: number | null;
    last_seen_at: number | null;
    address: string | null;
    left_reason: string | null;
    latency_ms: number | null;
    busy_until: number | null;
    target_wanted: number;
    target_reached: number;
    failed_entries: number;
    created_at: number;
    updated_at: number;
    retired_at: number | null;
    place_x: number | null;
    place_y: number | null;
    place_z: number | null;
    in_fleets: number;
  };
  boards_labels: {
    project_id: string;
    board_id: string;
    name: string;
    value: string;
  };
  boards_fleets: {
    project_id: string;
    board_id: string;
    fleet_id: string;
    priority: number;
  };
  boards_enrolments: {
    hash: string;
    project_id: string;
    board_id: string;
    created_at: number;
    expires_at: number;
    used_at: number | null;
  };
  boards_entries: {
    project_id: string;
    board_id: string;
    key: string;
    hash: string;
    state: string;
    code: string | null;
    sentence: string | null;
    since: number;
  };
  boards_presence: {
    project_id: string;
    board_id: string;
    at: number;
    event: string;
    reason: string | null;
    address: string | null;
  };
  boards_values: {
    project_id: string;
    board_id: string;
    series: string;
    value: number;
    at: number;
  };
  boards_reports: { project_id: string; board_id: string; boot_id: string; seq: number };
}
