import { isS4tError } from "@s4t/kit";
import type { Metrics } from "../../edge/metrics.ts";
import type { BlobsDriver } from "../../ports/blobs.ts";

export interface PluginCallMetrics {
  /** Times what is asked of a plugin, and counts how it ended. */
  timed<T>(verb: string, work: () => Promise<T>): Promise<T>;
}

/** What calls of plugins measure. */
export const pluginCallMetrics = (
  metrics: Metrics,
  monotonicMs: () => number,
): PluginCallMetrics => {
  const calls = metrics.counter({
    name: "s4t_plugin_calls_total",
    help: "Calls, starts, stops of plugins: done, failed (by the plugin), refused (by the board or on the way), broken (through a fault of ours)",
    labels: ["verb", "outcome"],
  });
  const durations = metrics.durations({
    name: "s4t_plugin_calls_seconds",
    help: "How long boards take to answer about a plugin",
    labels: ["verb"],
  });
  const outcomeOf = (error: unknown): string => {
    if (!isS4tError(error)) return "broken";
    return error.code === "plugin.failed" ? "failed" : "refused";
  };
  return {
    async timed(verb, work) {
      const from = monotonicMs();
      try {
        const result = await work();
        calls.add({ verb, outcome: "done" });
        return result;
      } catch (error) {
        calls.add({ verb, outcome: outcomeOf(error) });
        throw error;
      } finally {
        durations.observe({ verb }, (monotonicMs() - from) / 1_000);
      }
    },
  };
};

/** What is stored. */
export const blobMetrics = (metrics: Metrics, blobs: BlobsDriver): void => {
  metrics.gauge({ name: "s4t_blobs_bytes", help: "Bytes of plugins that are stored" }, async () =>
    (await blobs.list()).reduce((sum, { bytes }) => sum + bytes, 0),
  );
};
