import type { Metrics } from "../../edge/metrics.ts";
import type { Audit } from "./audit.ts";

/** How the log stands: what a watchdog wants to know of it. */
export const auditMetrics = (
  metrics: Metrics,
  { standing, countWaiting }: Pick<Audit, "standing" | "countWaiting">,
): void => {
  metrics.gauge(
    { name: "s4t_audit_head_entries", help: "Entries that the last signed head covers" },
    () => standing().size,
  );
  metrics.gauge(
    { name: "s4t_audit_head_timestamp_seconds", help: "When the last head was signed" },
    () => standing().signedAtMs / 1_000,
  );
  metrics.gauge(
    {
      name: "s4t_audit_waiting_entries",
      help: "Entries that wait for their number: more than a few for more than seconds mean that numbering stands still",
    },
    countWaiting,
  );
  metrics.gauge(
    {
      name: "s4t_audit_witness_lag_entries",
      help: "Numbered entries that the outside witness lacks: above 0 for long means that it is away or was cut",
    },
    () => {
      const { size, witnessed } = standing();
      return Math.max(0, size - witnessed);
    },
  );
};
