export interface KeyTables {
  keys: {
    project_id: string;
    place: number;
    key: string;
    signature: string | null;
    sealed: number;
    private: string | null;
    created_at: number;
  };
}
