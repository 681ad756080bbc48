// Commands that waited for this board: run in order, at most once. Each step of a job is on disk before the next one is taken; a
// crash between "started" and "done" is reported as unknown, unless running it again does no harm.
import type { Job, ReportRow } from "@s4t/contract";
import { type Clock, isS4tError, type Log } from "@s4t/kit";
import type { Storage } from "../storage.ts";

const file = "jobs.json";

interface Stored {
  /** Place in the lane up to which everything is settled. */
  readonly cursor: number;
  /** The job that is under way. */
  readonly started: {
    readonly id: string;
    readonly cursor: number;
    readonly idempotent: boolean;
  } | null;
}

export interface Jobs {
  readonly cursor: number;
  /** Runs jobs in order, those that were settled before left out. */
  run(jobs: readonly Job[]): Promise<void>;
}

export interface JobsDependencies {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly call: (procedure: string, args: unknown) => Promise<unknown>;
  readonly report: (row: Extract<ReportRow, { kind: "result" }>) => void;
}

/** Opens the lane; what a crash left open is settled first. */
export const openJobs = ({ storage, clock, log, call, report }: JobsDependencies): Jobs => {
  let stored: Stored = { cursor: 0, started: null };
  try {
    stored = JSON.parse(storage.read(file) ?? JSON.stringify(stored)) as Stored;
  } catch {
    log.warn("The lane of jobs was damaged and begins anew");
  }
  const save = (next: Stored): void => {
    stored = next;
    storage.write(file, JSON.stringify(next));
  };
  if (stored.started && !stored.started.idempotent) {
    report({
      kind: "result",
      id: stored.started.id,
      state: "unknown",
      code: "command.unknown",
      sentence: "The agent ended while it ran.",
    });
    save({ cursor: stored.started.cursor, started: null });
  }

  const runOne = async (job: Job): Promise<void> => {
    if (job.expiresAtMs < clock.now()) {
      report({ kind: "result", id: job.id, state: "expired", code: "command.expired" });
      return;
    }
    try {
      report({
        kind: "result",
        id: job.id,
        state: "done",
        result: await call(job.procedure, job.args),
      });
    } catch (error) {
      const code = isS4tError(error) ? error.code : "internal";
      report({
        kind: "result",
        id: job.id,
        state: "failed",
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
        save({
          cursor: stored.cursor,
          started: { id: job.id, cursor: job.cursor, idempotent: job.idempotent },
        });
        await runOne(job);
        save({ cursor: job.cursor, started: null });
      }
    },
  };
};
