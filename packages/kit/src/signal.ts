// Deadlines. Everything that waits takes an AbortSignal; a deadline set at the first edge travels down to the board.
import type { Clock } from "./clock.ts";
import { S4tError } from "./errors.ts";

/** A signal that aborts with `deadline.exceeded` after `timeoutMs`, or earlier with its parent. Dispose of it when done. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** Milliseconds that are left, never negative. */
  leftMs(): number;
  /** Aborts it now, for a reason of one's own. */
  abort(reason: unknown): void;
}

export const createDeadline = (clock: Clock, timeoutMs: number, parent?: AbortSignal): Deadline => {
  const controller = new AbortController();
  const endsMs = clock.monotonicMs() + timeoutMs;
  const timer = clock.after(timeoutMs, () =>
    controller.abort(
      new S4tError("deadline.exceeded", `No answer within ${timeoutMs} ms.`, {
        details: { timeoutMs },
      }),
    ),
  );
  const onParent = () => controller.abort(parent?.reason);
  if (parent?.aborted) onParent();
  else parent?.addEventListener("abort", onParent, { once: true });
  return {
    signal: controller.signal,
    leftMs: () => Math.max(0, endsMs - clock.monotonicMs()),
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]() {
      timer.cancel();
      parent?.removeEventListener("abort", onParent);
    },
  };
};

/** Settles as `work` does, unless the signal aborts first: then rejects with its reason (the work itself goes on). */
export const untilAborted = <T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (!signal) return work;
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
};
