import { attribute, openCollector } from "../../../../test/collector.ts";
import { tracesConformance } from "../../../ports/traces.conformance.ts";
import { otlpTraces } from "./index.ts";
import { MAX_WAITING_SPANS } from "./otlp.ts";

const ns = (text: string): bigint => BigInt(text);

tracesConformance("otlp", async () => {
  const collector = await openCollector();
  const told = { sent: 0, lost: 0 };
  const traces = otlpTraces({
    ...{ url: collector.url, name: "test" },
    onBatch(spans, isSent) {
      if (isSent) told.sent += spans;
      else told.lost += spans;
    },
  });
  return {
    ...{ traces, mostWaiting: MAX_WAITING_SPANS },
    arrived: () =>
      collector.received.map((span) => ({
        ...{ name: span.name, by: span.service ?? "", traceId: span.traceId },
        spanId: span.spanId,
        parent: span.parentSpanId,
        startMs: Number(ns(span.startTimeUnixNano) / 1_000_000n),
        tookMs: Number(ns(span.endTimeUnixNano) - ns(span.startTimeUnixNano)) / 1e6,
        failed: attribute(span.attributes, "error.type")?.toString(),
      })),
    refuse(isRefused) {
      collector.isAway = isRefused;
    },
    told: () => ({ ...told }),
    async close() {
      await traces.stop?.();
      collector.close();
    },
  };
});
