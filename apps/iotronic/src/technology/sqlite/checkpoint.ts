// Moving the log's pages into the database, in a thread of its own: it flushes two files and copies many pages, and a slow disk
// would hold the loop for as long. SQLite does it by itself there, over a connection like any other; nobody is locked out.
import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";

/** Writes after which a checkpoint is due: the log then holds some megabytes, read through in milliseconds at the next start. */
export const CHECKPOINT_WRITES = 1_000;
/** Growth of the log, bytes, that makes one due sooner: a few large writes. */
export const CHECKPOINT_GROWTH_BYTES = 16_777_216;
/**
 * Frames in the log (64 MiB) after which writers wait for a checkpoint: while they go on it never reaches the log's end, and only
 * from its end does the log begin anew.
 */
export const MAX_LOG_FRAMES = 16_384;

/** What the thread runs: a text, since programs of ours are single files. */
const threadSource = `
const { DatabaseSync } = require("node:sqlite");
const { parentPort, workerData } = require("node:worker_threads");
const database = new DatabaseSync(workerData.file);
database.exec("PRAGMA busy_timeout = 2000; PRAGMA synchronous = " + workerData.synchronous);
const checkpoint = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
parentPort.on("message", (wanted) => {
  if (wanted === "end") {
    database.close();
    parentPort.close();
  } else parentPort.postMessage(checkpoint.get());
});`;

interface Outcome {
  /** Frames in the log. */
  readonly log: number;
  /** Those that are in the database by now. */
  readonly checkpointed: number;
}

export interface Checkpointer {
  /** Says that so many writes were committed. Resolves when the next may begin: at once, but for a log that has grown too long. */
  committed(writes: number): Promise<void>;
  /** Waits for what runs and ends the thread. */
  close(): Promise<void>;
}

/** Makes one for a database in a file. The thread starts when it is first needed. */
export const createCheckpointer = (file: string, durable: boolean): Checkpointer => {
  let worker: Worker | undefined;
  let running: Promise<Outcome> | undefined;
  let writes = 0;
  let sizeBytes = 0;
  let tooLong = false;

  const start = (): Worker => {
    const made = new Worker(threadSource, {
      eval: true,
      workerData: { file, synchronous: durable ? "FULL" : "OFF" },
    });
    made.unref();
    return made;
  };

  const run = (): Promise<Outcome> => {
    worker ??= start();
    const thread = worker;
    return new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        thread.off("message", onMessage);
        thread.off("error", onError);
        running = undefined;
        then();
      };
      const onMessage = (outcome: Outcome) => settle(() => resolve(outcome));
      const onError = (error: Error) => {
        worker = undefined;
        settle(() => reject(error));
      };
      thread.on("message", onMessage);
      thread.on("error", onError);
      thread.postMessage("checkpoint");
    });
  };

  const isDue = (): boolean => {
    if (writes >= CHECKPOINT_WRITES) return true;
    const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    if (size < sizeBytes) sizeBytes = size; // begun anew and cut
    return size - sizeBytes >= CHECKPOINT_GROWTH_BYTES;
  };

  return {
    async committed(count) {
      writes += count;
      if (running || !isDue()) return;
      writes = 0;
      sizeBytes = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      running = run();
      // A failed one is tried again with the next writes: the log only grows meanwhile.
      const noted = running.then(
        ({ log, checkpointed }) => {
          tooLong = log > MAX_LOG_FRAMES && checkpointed < log;
        },
        () => {},
      );
      if (tooLong) await noted;
    },
    async close() {
      const thread = worker;
      thread?.ref(); // whoever closes waits for it, even when nothing else keeps the process
      await running?.catch(() => {});
      worker = undefined;
      if (!thread) return;
      const ended = new Promise((resolve) => thread.once("exit", resolve));
      thread.postMessage("end");
      await ended;
    },
  };
};
