import type { Metrics } from "../../edge/metrics.ts";

export interface LegacyMetrics {
  registered(outcome: "done" | "refused" | "put off"): void;
  connected(): void;
  left(): void;
  /** Somebody asked for what is not their own. `what`: its kind first. */
  refused(what: string): void;
}

const kinds: ReadonlySet<string> = new Set([
  ...["call", "register", "publish", "subscribe", "connection", "notify_result"],
]);

export const legacyMetrics = (
  metrics: Metrics,
  counts: () => { readonly boards: number; readonly strangers: number },
): LegacyMetrics => {
  metrics.gauge(
    {
      name: "s4t_legacy_boards",
      help: "Boards with the original agent that are connected now; they are among the link's, too",
    },
    () => counts().boards,
  );
  metrics.gauge(
    {
      name: "s4t_legacy_strangers",
      help: "Connections at the original agents' port that are no board's yet",
    },
    () => counts().strangers,
  );
  const registrations = metrics.counter<"outcome">({
    name: "s4t_legacy_registrations_total",
    help: "Registration codes that original agents came with: taken, refused, or not looked at since too many were wrong",
    labels: ["outcome"],
  });
  const connections = metrics.counter<"what">({
    name: "s4t_legacy_connections_total",
    help: "Boards with the original agent that connected, and that left",
    labels: ["what"],
  });
  const refusals = metrics.counter<"kind">({
    name: "s4t_legacy_refused_total",
    help: "What was asked for at the original agents' port by somebody who may not: above 0 somebody tries",
    labels: ["kind"],
  });
  return {
    registered: (outcome) => registrations.add({ outcome }),
    connected: () => connections.add({ what: "connected" }),
    left: () => connections.add({ what: "left" }),
    refused(what) {
      const [kind = ""] = what.split(" ", 1);
      refusals.add({ kind: kinds.has(kind) ? kind : "other" });
    },
  };
};
