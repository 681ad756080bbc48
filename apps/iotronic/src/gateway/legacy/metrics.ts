import type { Metrics } from "../../edge/metrics.ts";

export interface WstunMetrics {
  /** Somebody wanted a port, or a stream, that is not theirs. */
  refused(): void;
}

export const wstunMetrics = (metrics: Metrics, ports: () => number): WstunMetrics => {
  metrics.gauge(
    {
      name: "s4t_legacy_ports",
      help: "Public ports that clients of boards with the original agent hold now",
    },
    ports,
  );
  const refused = metrics.counter({
    name: "s4t_legacy_tunnels_refused_total",
    help: "Tunnels of original agents that were not let in: a port of another board, or of none, or a stream that nobody was told of",
  });
  return { refused: () => refused.add({}) };
};
