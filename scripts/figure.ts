/** One measured figure, as every benchmark prints it. With a peer, `ratio` says how much better ours is (above 1: better). */
export interface Figure {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: string;
  readonly peerValue?: number;
  readonly ratio?: number;
}
