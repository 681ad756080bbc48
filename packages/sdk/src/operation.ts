// The end of an operation that outlived its request: waited for, or brought about.
import type { Operation } from "@s4t/contract";
import { isS4tError, sleep, systemClock } from "@s4t/kit";
import type { Client } from "./client.ts";

/** It is looked at again after this part of what it has taken so far: nobody hears of its end much later than it came. */
export const LOOK_AGAIN_PART = 0.1;
/** Between two looks at least: a request each. */
export const SHORTEST_LOOK_MS = 100;
/** Between two looks at most: somebody may be watching. */
export const LONGEST_LOOK_MS = 2_000;

/** How to wait for an operation. */
export interface OperationWait {
  readonly project?: string | undefined;
  /** Ends the waiting; what is under way goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Cancels the operation where that is possible; its end is waited for all the same. */
  readonly cancel?: AbortSignal | undefined;
}

/** Whether an operation has ended. */
export const hasEnded = ({ status }: Operation): boolean =>
  status !== "queued" && status !== "running";

const anyOf = (...signals: readonly (AbortSignal | undefined)[]): AbortSignal =>
  AbortSignal.any(signals.filter((each) => each !== undefined));

/**
 * Waits until an operation has ended, and answers it.
 *
 * @example
 * const begun = await client.boards.restart({ params: { uuid: "lamp-7" } });
 * const { status } = await untilEnded(client, begun, { signal: AbortSignal.timeout(60_000) });
 */
export const untilEnded = async (
  client: Pick<Client, "operations">,
  begun: Operation,
  { project, signal, cancel }: OperationWait = {},
): Promise<Operation> => {
  const input = { params: { uuid: begun.uuid }, project, signal };
  const cancelOnce = async (): Promise<Operation> => {
    try {
      return await client.operations.cancel({ ...input, body: {} });
    } catch (error) {
      // It was faster, or is not to be canceled: its end is then whatever it will be.
      if (isS4tError(error, "operation.finished")) return client.operations.show(input);
      throw error;
    }
  };
  const since = systemClock.monotonicMs();
  let present = begun;
  let isCanceled = false;
  while (!hasEnded(present)) {
    if (cancel?.aborted && !isCanceled) {
      isCanceled = true;
      present = await cancelOnce();
      continue;
    }
    const passedMs = systemClock.monotonicMs() - since;
    const pauseMs = Math.max(
      SHORTEST_LOOK_MS,
      Math.min(LONGEST_LOOK_MS, passedMs * LOOK_AGAIN_PART),
    );
    // Either signal wakes it; which one did is asked afterwards.
    await sleep(systemClock, pauseMs, isCanceled ? signal : anyOf(signal, cancel)).catch(() => {});
    signal?.throwIfAborted();
    if (!cancel?.aborted || isCanceled) present = await client.operations.show(input);
  }
  return present;
};
