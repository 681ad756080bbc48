// Commands that waited for this board: run in order, at most once. Each step of a job is on disk before the next one is taken; a
// crash between "started" and "done" is reported as unknown, unless running it again does no harm.
import { check, type Job, MAX_JOBS_PER_REPLY, type ReportRow } from "@s4t/contract";
import { isS4tError, type Log } from "@s4t/kit";
import type { Static } from "typebox";
import * as Type from "typebox";
import type { Storage } from "../storage.ts";

const file = "jobs.json";

const Stored = Type.Object({
  cursor: Type.Integer({ description: "Place in the lane up to which everything is settled" }),
  started: Type.Union([
    Type.Object({ id: Type.String(), cursor: Type.Integer(), idempotent: Type.Boolean() }),
    Type.Null(),
  ]),
});
type Stored = Static<typeof Stored>;

export interface Jobs {
  readonly cursor: number;
  /** Runs jobs in order, those that were settled before left out. */
  run(jobs: readonly Job[]): Promise<void>;
}

export interface JobsDependencies {
  readonly storage: Storage;
  /** The cloud's time: a board's own clock may say anything. */
  readonly cloudNow: () => number;
  readonly log: Log;
  readonly call: (
    job: Pick<Job, "procedure" | "args" | "traceparent" | "tracestate">,
  ) => Promise<unknown>;
  readonly report: (row: Extract<ReportRow, { kind: "result" }>) => void;
}

/** Opens the lane; what a crash left open is settled first. */
export const openJobs = ({ storage, cloudNow, log, call, report }: JobsDependencies): Jobs => {
  let stored: Stored = { cursor: 0, started: null };
  // A lane whose place is lost: what the cloud still holds of it may have run. It is settled as unknown, not run a second time.
  let isPlaceLost = false;
  try {
    const text = storage.read(file);
    if (text !== undefined) stored = check(Stored, JSON.parse(text), file);
  } catch {
    isPlaceLost = true;
    log.warn("The lane of jobs was damaged: what waits there is settled as unknown");
  }
  const save = (next: Stored): void => {
    stored = next;
    storage.write(file, JSON.stringify(next));
  };
  const settleUnknown = (id: string, sentence: string): void =>
    report({ kind: "result", id, state: "unknown", code: "command.unknown", sentence });
  if (stored.started && !stored.started.idempotent) {
    settleUnknown(stored.started.id, "The agent ended while it ran.");
    save({ cursor: stored.started.cursor, started: null });
  }

  const runOne = async (job: Job): Promise<void> => {
    if (job.expiresAtMs < cloudNow()) {
      report({ kind: "result", id: job.id, state: "expired", code: "command.expired" });
      return;
    }
    try {
      report({
        kind: "result",
        id: job.id,
        state: "done",
        result: await call(job),
      });
    } catch (error) {
      const code = isS4tError(error) ? error.code : "internal";
      report({
        kind: "result",
        id: job.id,
        // Given up before it answered: it may have run.
        state: code === "deadline.exceeded" ? "unknown" : "failed",
        code,
        sentence: error instanceof Error ? error.message.slice(0, 500) : "",
      });
    }
  };

  return {
    get cursor() {
      return stored.cursor;
    },
    async run(jobs) {
      for (const job of jobs) {
        if (job.cursor <= stored.cursor) continue;
        if (isPlaceLost && !job.idempotent) {
          settleUnknown(job.id, "The board's record of jobs was damaged: it may have run.");
          save({ cursor: job.cursor, started: null });
          continue;
        }
        save({
          cursor: stored.cursor,
          started: { id: job.id, cursor: job.cursor, idempotent: job.idempotent },
        });
        await runOne(job);
        save({ cursor: job.cursor, started: null });
      }
      if (jobs.length < MAX_JOBS_PER_REPLY) isPlaceLost = false;
    },
  };
};
