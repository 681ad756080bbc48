import { boardStates, type ReportBatch } from "@s4t/contract";
import type { LinkHost } from "../../edge/link.ts";
import type { Metrics } from "../../edge/metrics.ts";
import type { ParsedRows } from "./report-rows.ts";

/** Boards by state. `counts`: those that there are. */
export const boardMetrics = (
  metrics: Metrics,
  counts: () => Promise<Readonly<Record<string, number>>>,
): void => {
  const none = Object.fromEntries(boardStates.map((state) => [state, 0]));
  metrics.gauges(
    { name: "s4t_boards", help: "Boards of all projects, by state", labels: ["status"] },
    "status",
    async () => ({ ...none, ...(await counts()) }),
  );
};

/** Takes batches of reports. */
interface Intake {
  readonly append: LinkHost["appendReport"];
}

export interface ReportMetrics {
  /** Counts what of a batch is known up to number `seq`. */
  known(batch: ReportBatch, seq: number): void;
  /** Counts a batch that was stored. */
  stored(parsed: ParsedRows): void;
  /** Times an intake, and counts the batches that it could not take. */
  timed(intake: Intake): Intake;
}

/** What the intake of reports measures. */
export const reportMetrics = (metrics: Metrics, monotonicMs: () => number): ReportMetrics => {
  const batches = metrics.counter({
    name: "s4t_report_batches_total",
    help: "Batches of reports: stored, duplicate (known already, the board had not heard), failed (the board sends it again)",
    labels: ["outcome"],
  });
  const rows = metrics.counter({
    name: "s4t_report_rows_total",
    help: "Rows of reports: stored, mended (without the values of it that are wrong), duplicate (known already), refused (damaged, or of a kind that this version does not know)",
    labels: ["outcome"],
  });
  const dropped = metrics.counter({
    name: "s4t_report_dropped_rows_total",
    help: "Rows, each the values of one moment, that boards say they dropped from their journals while they were cut off",
  });
  const seconds = metrics.durations({
    name: "s4t_report_duration_seconds",
    help: "From a batch's arrival to its acknowledgement, which follows its commit",
  });
  const gaps = metrics.counter({
    name: "s4t_report_gaps_total",
    help: "Batches that begin behind the next row of their journal: rows between were lost on the board or on the way, or come later",
  });
  return {
    known({ seq: first, rows: sent }, seq) {
      if (seq > 0 && first > seq + 1) gaps.add({});
      const count = Math.min(sent.length, Math.max(0, seq + 1 - first));
      rows.add({ outcome: "duplicate" }, count);
      if (count === sent.length) batches.add({ outcome: "duplicate" });
    },
    stored(parsed) {
      batches.add({ outcome: "stored" });
      rows.add({ outcome: "stored" }, parsed.rows.length - parsed.mended);
      rows.add({ outcome: "mended" }, parsed.mended);
      rows.add({ outcome: "refused" }, parsed.refused);
      for (const { row } of parsed.rows) if (row.kind === "dropped") dropped.add({}, row.count);
    },
    timed: (intake) => ({
      async append(...asked) {
        const from = monotonicMs();
        try {
          const acked = await intake.append(...asked);
          seconds.observe({}, (monotonicMs() - from) / 1_000);
          return acked;
        } catch (error) {
          batches.add({ outcome: "failed" });
          throw error;
        }
      },
    }),
  };
};
