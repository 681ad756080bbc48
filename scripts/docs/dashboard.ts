// deploy/grafana.json: a dashboard of the cloud's metrics, made of what its parts tell, so that a panel never asks for what is not
// there. What matters first stands above, each of it said as a question; every other metric has a panel below.
import { toldMetrics } from "./metrics.ts";

type Told = ReturnType<typeof toldMetrics>[number];

/** A panel that is drawn as somebody thought about it; the others are drawn by the metric's type. */
interface Chosen {
  readonly title: string;
  readonly unit: string;
  /** Query and legend. */
  readonly targets: readonly (readonly [expr: string, legend: string])[];
}

const quantile = (share: number, metric: string, by = ""): string =>
  `histogram_quantile(${share}, sum by (le${by === "" ? "" : `, ${by}`}) (rate(${metric}_bucket{instance=~"$instance"}[$__rate_interval])))`;
const rateOf = (metric: string, by = ""): string =>
  `sum${by === "" ? "" : ` by (${by})`} (rate(${metric}{instance=~"$instance"}[$__rate_interval]))`;
const sumOf = (metric: string, by = ""): string =>
  `sum${by === "" ? "" : ` by (${by})`} (${metric}{instance=~"$instance"})`;

const chosen: readonly Chosen[] = [
  {
    title: "Are the boards there?",
    unit: "short",
    targets: [[sumOf("s4t_boards", "status"), "{{status}}"]],
  },
  {
    title: "Are they coming back?",
    unit: "short",
    targets: [
      [sumOf("s4t_link_sessions"), "connected"],
      [sumOf("s4t_link_joins_under_way"), "joining"],
      [rateOf("s4t_link_joins_total"), "joins a second"],
      [rateOf("s4t_link_joins_put_off_total"), "put off a second"],
      [sumOf("s4t_tls_waiting"), "wait for a handshake"],
    ],
  },
  {
    title: "How long do boards take to answer?",
    unit: "s",
    targets: [
      [quantile(0.5, "s4t_command_duration_seconds"), "p50"],
      [quantile(0.99, "s4t_command_duration_seconds"), "p99"],
    ],
  },
  {
    title: "How do commands end?",
    unit: "ops",
    targets: [[rateOf("s4t_command_duration_seconds_count", "outcome"), "{{outcome}}"]],
  },
  {
    title: "How long does the API take?",
    unit: "s",
    targets: [
      [quantile(0.5, "s4t_http_request_duration_seconds"), "p50"],
      [quantile(0.99, "s4t_http_request_duration_seconds"), "p99"],
    ],
  },
  {
    title: "What does the process use?",
    unit: "short",
    targets: [
      [rateOf("process_cpu_seconds_total"), "cores"],
      ['nodejs_eventloop_lag_p99_seconds{instance=~"$instance"}', "event loop lag, p99, s"],
    ],
  },
];

const byType = ({ name, type, help, labels = [] }: Told): Chosen => {
  const by = labels.join(", ");
  const legend = labels.map((label) => `{{${label}}}`).join(" ") || name;
  if (type === "histogram")
    return {
      title: help,
      unit: "s",
      targets: [
        [quantile(0.5, name), "p50"],
        [quantile(0.99, name), "p99"],
      ],
    };
  if (type === "counter")
    return { title: help, unit: "ops", targets: [[rateOf(name, by), legend]] };
  return {
    title: help,
    unit: name.endsWith("_bytes") ? "bytes" : name.endsWith("_seconds") ? "s" : "short",
    targets: [[sumOf(name, by), legend]],
  };
};

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's
const datasource = { type: "prometheus", uid: "${datasource}" } as const;
/** Columns of a row of panels, of Grafana's 24. */
const width = 12;
const height = 8;

/** The dashboard as Grafana imports it. */
export const dashboard = (): string => {
  const shown = chosen.flatMap(({ targets }) => targets.map(([expr]) => expr)).join(" ");
  const others = toldMetrics()
    // As a word: a name that begins another's is not shown by it.
    .filter(({ name }) => !new RegExp(`\\b${name}(_bucket|_count)?\\b`).test(shown))
    .map(byType);
  const panels = [...chosen, ...others].map(({ title, unit, targets }, index) => ({
    id: index + 1,
    type: "timeseries",
    title,
    datasource,
    gridPos: {
      h: height,
      w: width,
      x: (index % 2) * width,
      y: Math.floor(index / 2) * height,
    },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: targets.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + at),
      expr,
      legendFormat,
      datasource,
    })),
  }));
  const board = {
    title: "Stack4Things",
    uid: "stack4things",
    schemaVersion: 39,
    tags: ["stack4things"],
    time: { from: "now-1h", to: "now" },
    refresh: "10s",
    templating: {
      list: [
        { name: "datasource", type: "datasource", query: "prometheus" },
        {
          name: "instance",
          type: "query",
          datasource,
          query: "label_values(s4t_contract, instance)",
          includeAll: true,
          multi: true,
          refresh: 2,
        },
      ],
    },
    panels,
  };
  return JSON.stringify(board, null, 2);
};
