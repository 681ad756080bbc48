// How a part of the cloud says what it measures of itself: names and functions, so that nobody but the edge knows a library.
// Names follow Prometheus: units in them, `_total` for what only grows.

/** A measured quantity, as `/metrics` shows it. */
export interface Metric<Label extends string = string> {
  /** `s4t_…`, with its unit: `_seconds`, `_bytes`, `_total`. */
  readonly name: string;
  /** One sentence for whoever runs the cloud. */
  readonly help: string;
  /** Names of its labels. What they may say is a short list, never what a stranger chose. */
  readonly labels?: readonly Label[];
}

export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

export interface Counter<Label extends string> {
  add(labels: LabelValues<Label>, count?: number): void;
}

export interface Durations<Label extends string> {
  observe(labels: LabelValues<Label>, seconds: number): void;
}

export interface Metrics {
  /** Something that only grows; its name ends in `_total`. */
  counter<Label extends string = never>(metric: Metric<Label>): Counter<Label>;
  /** The same where it is counted elsewhere, and read when somebody asks. */
  total(metric: Metric<never>, read: () => number): void;
  /** How long something takes; its name ends in `_seconds`. */
  durations<Label extends string = never>(metric: Metric<Label>): Durations<Label>;
  /** Something that goes up and down, read when somebody asks. What cannot be read is shown as NaN: not known. */
  gauge(metric: Metric<never>, read: () => number | Promise<number>): void;
  /** The same with one label: each value that the label has now, and its number. */
  gauges<Label extends string>(
    metric: Metric<Label>,
    label: Label,
    read: () => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>,
  ): void;
}

/** Metrics that nobody reads. */
export const silentMetrics: Metrics = {
  counter: () => ({ add() {} }),
  total() {},
  durations: () => ({ observe() {} }),
  gauge() {},
  gauges() {},
};
