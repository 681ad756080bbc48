export interface ServiceTables {
  services: {
    uuid: string;
    project_id: string;
    name: string;
    protocol: string;
    host: string;
    port: number;
    description: string;
    labels: string;
    rev: number;
    created_at: number;
    updated_at: number;
  };
  services_exposures: {
    project_id: string;
    board_id: string;
    service_id: string;
    public_port: number;
    sources: string;
    expires_at: number | null;
    created_at: number;
    created_by: string;
  };
  services_ports: {
    port: number;
    project_id: string;
    board_id: string;
    service_id: string;
    released_at: number | null;
  };
  services_forwards: {
    uuid: string;
    project_id: string;
    board_id: string;
    host: string;
    port: number;
    expires_at: number;
  };
  services_streams: {
    uuid: string;
    project_id: string;
    board_id: string;
    said: string;
  };
}
