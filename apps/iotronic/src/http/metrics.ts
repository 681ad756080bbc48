// `/metrics`: what the parts measure of themselves, and what Node says of the process, as Prometheus' text.
import { CONTRACT, RELEASE } from "@s4t/contract";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Durations, LabelValues, Metrics } from "../edge/metrics.ts";
import type { HandshakeCounts } from "./handshakes.ts";

/** Bounds of every histogram, in seconds: from a call that is answered from memory to one that waits for a board. */
export const DURATION_BUCKETS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30];

/** Finds the series of some labels; the library's own search costs more than all the counting. */
const keptSeries = <Label extends string, Series>(
  labels: readonly Label[],
  make: (values: LabelValues<Label>) => Series,
): ((values: LabelValues<Label>) => Series) => {
  const kept = new Map<string, Series>();
  return (values) => {
    let key = "";
    for (const label of labels) key += `${values[label]} `;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make(values);
    kept.set(key, made);
    return made;
  };
};

/** What there is to say, in the words of a scraper. */
export interface Exposition extends Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Makes an empty one, with what Node says of the process. */
export const createMetrics = (): Exposition => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const metrics: Metrics = {
    counter({ name, help, labels = [] }) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers });
      const seriesOf = keptSeries(labels, (values) => counter.labels(values));
      return { add: (values, count = 1) => seriesOf(values).inc(count) };
    },
    total({ name, help }, read) {
      new Counter({
        ...{ name, help, registers },
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
    durations({ name, help, labels = [] }) {
      const histogram = new Histogram({
        ...{ name, help, registers },
        labelNames: [...labels],
        buckets: DURATION_BUCKETS,
      });
      const seriesOf = keptSeries(labels, (values) => histogram.labels(values));
      return { observe: (values, seconds) => seriesOf(values).observe(seconds) };
    },
    gauge({ name, help }, read) {
      new Gauge({
        ...{ name, help, registers },
        async collect() {
          this.set(await numberOf(read));
        },
      });
    },
    gauges({ name, help }, label, read) {
      new Gauge({
        ...{ name, help, registers },
        labelNames: [label],
        async collect() {
          this.reset();
          for (const [value, number] of Object.entries(await rowsOf(read)))
            this.set({ [label]: value } as Record<typeof label, string>, number);
        },
      });
    },
  };
  contractMetrics(metrics);
  return {
    ...metrics,
    contentType: registry.contentType,
    async text() {
      // The library writes its own word for what is not a number.
      return (await registry.metrics()).replaceAll(" Nan\n", " NaN\n");
    },
  };
};

/** Which cloud this is. */
export const contractMetrics = (metrics: Metrics): void =>
  metrics.gauges(
    {
      name: "s4t_contract",
      help: "The contract integer that this cloud speaks, by its release",
      labels: ["release"],
    },
    "release",
    () => ({ [RELEASE]: CONTRACT }),
  );

/** One quantity whose source is away must not hide all others. */
const numberOf = async (read: () => number | Promise<number>): Promise<number> => {
  try {
    return await read();
  } catch {
    return Number.NaN; // not known now
  }
};
const rowsOf = async (
  read: () => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>,
): Promise<Readonly<Record<string, number>>> => {
  try {
    return await read();
  } catch {
    return {}; // not known now
  }
};

/** What the HTTP server measures. */
export const httpMetrics = (
  metrics: Metrics,
): { readonly requests: Durations<"method" | "route" | "status"> } => ({
  requests: metrics.durations({
    name: "s4t_http_request_duration_seconds",
    help: "From a request's arrival to the end of its answer, by route and status",
    labels: ["method", "route", "status"],
  }),
});

/** What the TLS door measures. */
export const handshakeMetrics = (metrics: Metrics, counts: () => HandshakeCounts): void => {
  metrics.gauge(
    { name: "s4t_tls_handshakes", help: "TLS handshakes under way" },
    () => counts().underWay,
  );
  metrics.gauge(
    {
      name: "s4t_tls_waiting",
      help: "Connections that wait for their turn to make a TLS handshake: thousands while a fleet comes back, else 0",
    },
    () => counts().waiting,
  );
};

/** What the event socket measures. */
export const eventMetrics = (
  metrics: Metrics,
  counts: () => {
    readonly sockets: number;
    readonly subscriptions: Readonly<Record<string, number>>;
  },
): void => {
  metrics.gauge(
    { name: "s4t_event_sockets", help: "Readers that are signed in on /events" },
    () => counts().sockets,
  );
  metrics.gauges(
    {
      name: "s4t_event_subscriptions",
      help: "Subscriptions of those readers, by topic",
      labels: ["topic"],
    },
    "topic",
    () => counts().subscriptions,
  );
};
