export interface FleetTables {
  fleets: {
    uuid: string;
    project_id: string;
    name: string;
    rev: number;
    description: string;
    labels: string;
    created_at: number;
    updated_at: number;
  };
}
