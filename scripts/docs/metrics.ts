import { identityMetrics } from "../../apps/iotronic/src/compose/people.ts";
import { timedDatabase } from "../../apps/iotronic/src/compose/timed-database.ts";
import { traceMetrics } from "../../apps/iotronic/src/compose/tracing.ts";
import { type Metric, type Metrics, silentMetrics } from "../../apps/iotronic/src/edge/metrics.ts";
import { gatewayMetrics } from "../../apps/iotronic/src/gateway/metrics.ts";
import {
  contractMetrics,
  DURATION_BUCKETS,
  eventMetrics,
  handshakeMetrics,
  httpMetrics,
} from "../../apps/iotronic/src/http/metrics.ts";
import { linkMetrics } from "../../apps/iotronic/src/link/metrics.ts";
import { auditMetrics } from "../../apps/iotronic/src/modules/audit/index.ts";
import { boardMetrics, reportMetrics } from "../../apps/iotronic/src/modules/boards/index.ts";
import { jobMetrics } from "../../apps/iotronic/src/modules/operations/metrics.ts";
import { blobMetrics, pluginCallMetrics } from "../../apps/iotronic/src/modules/plugins/metrics.ts";
import { telemetryMetrics } from "../../apps/iotronic/src/modules/telemetry/index.ts";
import type { Database } from "../../apps/iotronic/src/ports/database.ts";
import { table } from "./table.ts";

interface Told extends Metric {
  readonly type: string;
}

/** Everything that the cloud tells of itself, as its parts say it. */
export const toldMetrics = (): readonly Told[] => {
  const told: Told[] = [];
  const recorder: Metrics = {
    counter(metric) {
      told.push({ ...(metric as Metric), type: "counter" });
      return silentMetrics.counter(metric);
    },
    total: (metric) => void told.push({ ...(metric as Metric), type: "counter" }),
    durations(metric) {
      told.push({ ...(metric as Metric), type: "histogram" });
      return silentMetrics.durations(metric);
    },
    gauge: (metric) => void told.push({ ...(metric as Metric), type: "gauge" }),
    gauges: (metric) => void told.push({ ...(metric as Metric), type: "gauge" }),
  };
  const nothing = () => 0;
  contractMetrics(recorder);
  boardMetrics(recorder, async () => ({}));
  linkMetrics(recorder, nothing, () => ({
    ...{ boards: 0, refused: 0, joined: 0, unknownMessages: 0, protocolViolations: 0 },
    ...{ underWay: 0, putOff: 0, comeAgainMs: 0, waitingPresence: 0 },
  }));
  jobMetrics(recorder, async () => ({}));
  reportMetrics(recorder, nothing);
  telemetryMetrics(recorder, nothing);
  pluginCallMetrics(recorder, nothing);
  blobMetrics(recorder, { list: async () => [] } as never);
  gatewayMetrics(recorder, () => ({ tunnels: 0, streams: 0, doors: 0, records: 0 }));
  timedDatabase({} as Database, recorder, nothing);
  httpMetrics(recorder);
  handshakeMetrics(recorder, () => ({ underWay: 0, waiting: 0 }));
  identityMetrics(recorder, () => true);
  traceMetrics(recorder);
  eventMetrics(recorder, () => ({ sockets: 0, subscriptions: {} }));
  auditMetrics(recorder, {
    standing: () => ({ size: 0, signedAtMs: 0, witnessed: 0 }),
    countWaiting: async () => 0,
  });
  return told;
};

/** docs/reference/metrics.md */
export const metricsPage = (): string =>
  [
    "# Metrics of the cloud",
    "",
    "`GET /metrics`, in Prometheus' text format, for readers on the same machine only. Beside these stand those of the process that `prom-client` gives every Node program: `process_cpu_seconds_total`, `process_resident_memory_bytes`, `nodejs_eventloop_lag_p99_seconds` and their kin. What cannot be read just then is `NaN`, or left out where it has a label.",
    "",
    `Histograms have bounds at ${DURATION_BUCKETS.join(", ")} s.`,
    "",
    table(
      ["metric", "type", "labels", "what it says"],
      toldMetrics().map(({ name, type, labels = [], help }) => [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(", "),
        help,
      ]),
    ),
  ].join("\n");
