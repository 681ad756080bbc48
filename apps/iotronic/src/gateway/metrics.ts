import type { Counter, Metrics } from "../edge/metrics.ts";

export interface GatewayCounts {
  readonly tunnels: number;
  readonly streams: number;
  readonly doors: number;
}

/** What the gateway says of itself. */
export const gatewayMetrics = (
  metrics: Metrics,
  counts: () => GatewayCounts,
): { readonly decided: Counter<"door" | "outcome"> } => {
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
  return {
    decided: metrics.counter({
      name: "s4t_gateway_decisions_total",
      help: "Connections at doors, by what was decided",
      labels: ["door", "outcome"],
    }),
  };
};
