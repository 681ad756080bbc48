// Traces, out of the settings: sent to a collector, or only handed on.
import { fail } from "@s4t/contract";
import type { Clock, Log, Parts } from "@s4t/kit";
import type { Config } from "../config.ts";
import type { Counter, Metrics } from "../edge/metrics.ts";
import { createSeldom } from "../edge/seldom.ts";
import { createTracing, type Tracing } from "../edge/trace.ts";
import type { Traces } from "../ports/traces.ts";

export interface TracingGround {
  readonly clock: Clock;
  readonly log: Log;
  readonly parts: Parts;
  readonly metrics: Metrics;
}

const collectorOf = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw fail("config.invalid", {
      setting: "traces.otlp",
      because: "must be an address such as http://127.0.0.1:4318/v1/traces",
    });
  return url;
};

/** What becomes of spans. */
export const traceMetrics = (metrics: Metrics): Counter<"outcome"> =>
  metrics.counter({
    name: "s4t_trace_spans_total",
    help: "Spans by what became of them: sent, or failed (the collector did not take them, or too many waited for it; they are lost)",
    labels: ["outcome"],
  });

const openTraces = async (
  config: Config,
  { clock, log, parts, metrics }: TracingGround,
): Promise<Traces | undefined> => {
  const spans = traceMetrics(metrics);
  const text = config["traces.otlp"];
  if (text === null) return undefined;
  const url = collectorOf(text);
  const isNews = createSeldom(clock.monotonicMs);
  const { otlpTraces } = await import("../drivers/traces/otlp/index.ts");
  return parts.add(
    otlpTraces({
      ...{ url: url.href, name: config.name },
      onBatch(count, isSent) {
        spans.add({ outcome: isSent ? "sent" : "failed" }, count);
        // Without the password that may stand in it.
        const shown = url.origin + url.pathname;
        if (!isSent && isNews(shown))
          log.warn("The collector of traces does not take spans: they are lost", { url: shown });
      },
    }),
  );
};

/** Opens what the settings say. Throws `config.invalid`. */
export const openTracing = async (config: Config, ground: TracingGround): Promise<Tracing> =>
  createTracing({
    ...{ clock: ground.clock, percent: config["traces.percent"], random: Math.random },
    traces: await openTraces(config, ground),
  });
