// Flushing the log to the disk in a thread of Node's pool, so that a slow disk holds whoever waits for durability and nobody else.
import { closeSync, fdatasync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";

/** Makes what was written to a file durable. */
export interface Flusher {
  /** Resolves when everything that was written before the call is on the disk. Whoever asks meanwhile shares the next flush. */
  flush(): Promise<void>;
  /** Closes the file, after a flush that is under way. */
  close(): void;
}

/**
 * Opens one on a file that is there. A flush that failed fails for ever: the kernel may have dropped what it could not write, and
 * a later success would not say that it is back.
 */
export const openFlusher = (file: string): Flusher => {
  const descriptor = openSync(file, "r");
  // A file may be new: what is in it is durable only where its name is.
  const folder = openSync(dirname(file), "r");
  fsyncSync(folder);
  closeSync(folder);
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let failed: unknown;
  const start = (): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      fdatasync(descriptor, (error) => {
        failed ??= error ?? undefined;
        current = next;
        next = undefined;
        if (failed === undefined) resolve();
        else reject(failed as Error);
      });
    });
  return {
    flush() {
      if (failed !== undefined) return Promise.reject(failed as Error);
      if (!current) {
        current = start();
        return current;
      }
      next ??= current.then(start, start);
      return next;
    },
    close() {
      const end = (): void => closeSync(descriptor);
      if (current) void (next ?? current).then(end, end);
      else end();
    },
  };
};
