export interface RepeatTables {
  repeats: {
    hash: string;
    request: string;
    answer: string | null;
    expires_at: number;
  };
}
