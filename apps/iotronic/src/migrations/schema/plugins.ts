export interface PluginTables {
  plugins: {
    uuid: string;
    project_id: string;
    name: string;
    description: string;
    labels: string;
    versions: number;
    rev: number;
    created_at: number;
    updated_at: number;
  };
  plugins_versions: {
    project_id: string;
    plugin_id: string;
    number: number;
    version: string;
    manifest: string;
    manifest_bytes: number;
    blob: string;
    bytes: number;
    signed_by: string;
    signature: string;
    created_at: number;
    created_by: string;
  };
  plugins_uploads: {
    project_id: string;
    blob: string;
    bytes: number;
    at: number;
  };
  plugins_injections: {
    project_id: string;
    board_id: string;
    plugin_id: string;
    number: number;
    on_boot: number;
    restart: string;
    parameters: string;
    state: string | null;
    since: number | null;
    exit: string | null;
    rev: number;
    updated_at: number;
  };
}
