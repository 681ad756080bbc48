// Figures out of samples: the median of the rounds, rounded to what was measured.
import type { Figure } from "../../scripts/figure.ts";

export type Print = (figure: Figure) => void;

/** To four significant digits: more would be noise. */
export const rounded = (value: number): number => Number(value.toPrecision(4));

export interface Measured {
  readonly case: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** What ran beside it in the same rounds. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** Whether less is better (times, CPU). Default: true for `ms`, `µs` and `MiB`. */
  readonly lessIsBetter?: boolean;
}

/** Makes the printer of one benchmark. */
export const figuresOf =
  (bench: string, print: Print) =>
  ({ peer, lessIsBetter, ...measured }: Measured): void => {
    const less = lessIsBetter ?? ["ms", "µs", "MiB", "µs CPU"].includes(measured.unit);
    const ratio = peer && (less ? peer.value / measured.value : measured.value / peer.value);
    print({
      bench,
      ...measured,
      value: rounded(measured.value),
      ...(peer && ratio !== undefined
        ? { peer: peer.name, peerValue: rounded(peer.value), ratio: rounded(ratio) }
        : {}),
    });
  };
