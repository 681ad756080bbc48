import type { Counter, Metrics } from "../edge/metrics.ts";

export interface GatewayCounts {
  readonly tunnels: number;
  readonly streams: number;
  readonly doors: number;
  readonly records: number;
}

/** What the gateway says of itself. */
export const gatewayMetrics = (
  metrics: Metrics,
  counts: () => GatewayCounts,
): {
  readonly decided: Counter<"door" | "outcome">;
  readonly dropped: Counter<never>;
} => {
  metrics.gauge(
    { name: "s4t_gateway_tunnels", help: "Tunnels of boards that are dialled" },
    () => counts().tunnels,
  );
  metrics.gauge(
    { name: "s4t_gateway_streams", help: "Streams to boards that are open" },
    () => counts().streams,
  );
  metrics.gauge(
    { name: "s4t_gateway_doors", help: "Public ports that lead to boards" },
    () => counts().doors,
  );
  metrics.gauge(
    {
      name: "s4t_gateway_waiting_records",
      help: "Lines about streams that wait to be written into the audit",
    },
    () => counts().records,
  );
  return {
    dropped: metrics.counter({
      name: "s4t_gateway_dropped_records_total",
      help: "Lines about streams that could not be written into the audit, and were too many to keep",
    }),
    decided: metrics.counter({
      name: "s4t_gateway_decisions_total",
      help: "Connections at doors, by what was decided",
      labels: ["door", "outcome"],
    }),
  };
};
