// Spans to a collector by OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), as JSON, in batches.
import { SpanKind, SpanStatusCode, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { RELEASE } from "@s4t/contract";
import type { EndedSpan, Traces } from "../../../ports/traces.ts";

/** How long spans gather before they are sent together. */
export const SPAN_BATCH_MS = 1_000;
/** Most spans that wait; what comes beyond is lost: a collector that is away must not fill the memory. */
export const MAX_WAITING_SPANS = 8_192;
/** Most spans of one request to the collector. */
export const MAX_SPANS_PER_REQUEST = 512;
/** How long a batch may take, tries after a failure included; the stop of a cloud waits no longer for its last one. */
export const SPAN_SEND_MS = 3_000;

export interface OtlpOptions {
  /** Of the collector, with its path: `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string;
  /** Name of this cloud, for who collects from several. */
  readonly name: string;
  /** Hears how each batch went, and of each span that found no room to wait. */
  readonly onBatch: (spans: number, isSent: boolean) => void;
}

type HrTime = ReadableSpan["startTime"];

const hrTimeOf = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
};

/** Makes it. Nothing is sent before the first span. */
export const otlpTraces = ({ url, name, onBatch }: OtlpOptions): Traces => {
  /** Handed over, and neither sent nor lost yet: the processor drops what is beyond its queue without a word. */
  let waiting = 0;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: SPAN_SEND_MS });
  const processor = new BatchSpanProcessor({
    exporter: {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          waiting -= spans.length;
          onBatch(spans.length, result.code === 0);
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
    },
    scheduledDelayMillis: SPAN_BATCH_MS,
    maxQueueSize: MAX_WAITING_SPANS,
    maxExportBatchSize: MAX_SPANS_PER_REQUEST,
    exportTimeoutMillis: SPAN_SEND_MS,
  });
  const resourceOf = (service: string) =>
    resourceFromAttributes({
      ...{ "service.name": service, "service.namespace": "stack4things", "s4t.cloud": name },
      ...(service === "iotronic" ? { "service.version": RELEASE } : {}),
    });
  const resources = {
    iotronic: resourceOf("iotronic"),
    "lightning-rod": resourceOf("lightning-rod"),
  };
  const kinds = {
    ...{ server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL },
    ...{ producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER },
  };

  const readable = (span: EndedSpan): ReadableSpan => {
    const { traceId, spanId, sampled } = span.context;
    const contextOf = (id: string) => ({
      ...{ traceId, spanId: id },
      traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    });
    const own = contextOf(spanId);
    return {
      name: span.name,
      kind: kinds[span.kind],
      spanContext: () => own,
      ...(span.parent === undefined ? {} : { parentSpanContext: contextOf(span.parent) }),
      startTime: hrTimeOf(span.startMs),
      endTime: hrTimeOf(span.startMs + span.tookMs),
      duration: hrTimeOf(span.tookMs),
      status:
        span.failed === undefined
          ? { code: SpanStatusCode.UNSET }
          : { code: SpanStatusCode.ERROR, message: span.failed },
      attributes: {
        ...span.attributes,
        ...(span.failed === undefined ? {} : { "error.type": span.failed }),
      },
      ...{ links: [], events: [], ended: true },
      resource: resources[span.by],
      instrumentationScope: { name: "stack4things", version: RELEASE },
      ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
    };
  };

  return {
    name: "traces",
    add(span) {
      // What is not sampled is not sent, and waits for nothing.
      if (!span.context.sampled) return;
      if (waiting >= MAX_WAITING_SPANS) {
        onBatch(1, false);
        return;
      }
      waiting += 1;
      processor.onEnd(readable(span));
    },
    stop: () => processor.shutdown().catch(() => {}), // what the collector does not take now is lost
  };
};
