import type { Metrics } from "../../edge/metrics.ts";

/** What becomes of a job. */
export type JobStep =
  | "queued"
  | "delivered"
  | "done"
  | "failed"
  | "unknown"
  | "expired"
  | "canceled";

/** What jobs tell of themselves. `waiting`: those that are not over, by state. Answers how to count a step. */
export const jobMetrics = (
  metrics: Metrics,
  waiting: () => Promise<Readonly<Record<string, number>>>,
): ((step: JobStep) => void) => {
  metrics.gauges(
    {
      name: "s4t_jobs",
      help: "Jobs that are not over: queued (their board has not come for them), running (it has, and has not said how they ended)",
      labels: ["status"],
    },
    "status",
    async () => ({ queued: 0, running: 0, ...(await waiting()) }),
  );
  const steps = metrics.counter({
    name: "s4t_job_steps_total",
    help: "Jobs by what became of them: queued, delivered to their board, and how they ended: done, failed, unknown, expired (nobody came for them in time), canceled",
    labels: ["step"],
  });
  return (step) => steps.add({ step });
};
