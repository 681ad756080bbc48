// The record of streams as it is written: lines are gathered and written together, in order, so that a connection costs no flush of
// its own. What cannot be written is kept and tried again, and until it is written `problem` says why: no door lets anybody in then.
import { fail } from "@s4t/contract";
import { type Clock, isS4tError, type Log, type S4tError, type Timer } from "@s4t/kit";
import type { GatewayHost, StreamRecord } from "../edge/gateway.ts";

/** How long lines are gathered: how much of the record a killed cloud may lack. */
export const RECORD_GATHER_MS = 500;
/** Lines that are written together at most. */
export const MAX_RECORDS_AT_ONCE = 500;
/** Longest that a stream is open without being on record; then it is cut, whether the database refuses or hangs. */
export const RECORD_WITHIN_MS = 5_000;
/** How often lines are tried again that could not be written. */
export const RECORD_RETRY_MS = 1_000;
/** Lines that are kept until they can be written: some MiB. Beyond them they are dropped, counted and logged. */
export const MAX_RECORDS_KEPT = 10_000;

/** A line. What it says is asked when it is written: by then it is known whether the lines before it were. */
export interface RecordLine {
  /** Undefined where there is nothing to say any more. */
  readonly say: () => StreamRecord | undefined;
  readonly onWritten?: () => void;
  /** Of a line that is not tried again: it could not be written in time. */
  readonly onFailed?: () => void;
}

export interface StreamLog {
  add(line: RecordLine): void;
  /** Writes what was gathered. Rejects where any of it could not be written in time. */
  flush(): Promise<void>;
  /** Why nothing can be written at present. */
  readonly problem: S4tError | undefined;
  /** Lines that wait. */
  readonly waiting: number;
  /** Writes what was gathered, and tries nothing again after that. */
  stop(): Promise<void>;
}

interface Batch {
  readonly lines: RecordLine[];
  readonly written: Promise<void>;
  readonly settle: (error?: S4tError) => void;
  readonly late: Timer;
}

export interface StreamLogDependencies {
  readonly record: GatewayHost["record"];
  readonly clock: Clock;
  readonly log: Log;
  /** Lines that were dropped. */
  readonly onDropped: (count: number) => void;
}

const problemOf = (error: unknown): S4tError =>
  isS4tError(error)
    ? error
    : fail("cloud.unavailable", { because: "the audit cannot be written" }, error);

/** Makes it. */
export const createStreamLog = ({
  record,
  clock,
  log,
  onDropped,
}: StreamLogDependencies): StreamLog => {
  const queue: Batch[] = [];
  let writing: Batch | undefined;
  let kept: RecordLine[] = [];
  let problem: S4tError | undefined;
  let timer: Timer | undefined;
  let retry: Timer | undefined;

  const countWaiting = (): number =>
    queue.reduce((sum, { lines }) => sum + lines.length, kept.length);

  const giveUp = (batch: Batch, error: S4tError): void => {
    if (!problem) log.error("Streams cannot be recorded in the audit", { error });
    problem = error;
    batch.settle(error);
    for (const line of batch.lines) line.onFailed?.();
  };

  const newBatch = (): Batch => {
    const { promise: written, resolve, reject } = Promise.withResolvers<void>();
    written.catch(() => {}); // whoever waits for it is told
    const lines: RecordLine[] = [];
    const settle = (error?: S4tError) => (error ? reject(error) : resolve());
    const late = clock.after(RECORD_WITHIN_MS, () =>
      giveUp(batch, fail("cloud.unavailable", { because: "the audit is not written in time" })),
    );
    const batch: Batch = { lines, written, settle, late };
    return batch;
  };

  const keep = (lines: readonly RecordLine[]): void => {
    const room = Math.max(0, MAX_RECORDS_KEPT - countWaiting());
    kept.push(...lines.slice(0, room));
    if (lines.length > room) onDropped(lines.length - room);
    retry ??= clock.after(RECORD_RETRY_MS, () => {
      retry = undefined;
      const again = kept;
      kept = [];
      // With nothing left to try it by, the next stream does.
      if (again.length === 0) problem = undefined;
      for (const line of again) enqueue(line);
      void writeAll();
    });
  };

  const write = async (batch: Batch): Promise<void> => {
    let said: { readonly line: RecordLine; readonly entry: StreamRecord }[] = [];
    try {
      said = batch.lines.flatMap((line) => {
        const entry = line.say();
        return entry ? [{ line, entry }] : [];
      });
      if (said.length > 0) await record(said.map(({ entry }) => entry));
      for (const { line } of said) line.onWritten?.();
      if (said.length > 0) problem = undefined;
      batch.settle();
    } catch (error) {
      giveUp(batch, problemOf(error));
      keep(said.flatMap(({ line }) => (line.onFailed ? [] : [line])));
    } finally {
      batch.late.cancel();
    }
  };

  const writeAll = async (): Promise<void> => {
    if (writing) return;
    timer?.cancel();
    timer = undefined;
    for (writing = queue.shift(); writing; writing = queue.shift()) await write(writing);
  };

  const enqueue = (line: RecordLine): void => {
    let last = queue.at(-1);
    if (!last || last.lines.length >= MAX_RECORDS_AT_ONCE) {
      last = newBatch();
      queue.push(last);
    }
    last.lines.push(line);
  };

  const flush = (): Promise<void> => {
    const last = queue.at(-1) ?? writing;
    void writeAll();
    return last?.written ?? Promise.resolve();
  };

  return {
    add(line) {
      if (problem && countWaiting() >= MAX_RECORDS_KEPT) return onDropped(1);
      enqueue(line);
      if (queue.length > 1) void writeAll();
      else timer ??= clock.after(RECORD_GATHER_MS, () => void writeAll());
    },
    flush,
    get problem() {
      return problem;
    },
    get waiting() {
      return countWaiting() + (writing?.lines.length ?? 0);
    },
    async stop() {
      try {
        await flush();
      } finally {
        retry?.cancel();
      }
    },
  };
};
