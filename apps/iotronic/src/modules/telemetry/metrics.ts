import type { Counter, Durations, Metrics } from "../../edge/metrics.ts";

export interface TelemetryMetrics {
  readonly points: Counter<"outcome">;
  readonly appends: Durations<never>;
}

/** What measured values measure of themselves. `watched`: boards that somebody watches now. */
export const telemetryMetrics = (metrics: Metrics, watched: () => number): TelemetryMetrics => {
  metrics.gauge(
    { name: "s4t_observations_watched_boards", help: "Boards whose values somebody watches live" },
    watched,
  );
  return {
    points: metrics.counter({
      name: "s4t_observations_points_total",
      help: "Values that boards sent: stored, live (for watchers only), undescribed (of a series nobody described) and unstorable (not of the days that are kept); the last two are lost",
      labels: ["outcome"],
    }),
    appends: metrics.durations({
      name: "s4t_observations_append_duration_seconds",
      help: "Storing the values of a batch, until they are durable",
    }),
  };
};
