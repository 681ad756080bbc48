// Calls a plugin and answers how the call ended, however long it takes; takes it back where it is not wanted any more.
import type { Operation } from "@s4t/contract";
import type { Client } from "../client.ts";
import { hasEnded, type OperationWait, untilEnded } from "../operation.ts";

/**
 * How long the first request is held back. What ends sooner is answered by it; of what does not, the id is known afterwards, and
 * without it nobody could cancel: who does so meanwhile waits for that moment.
 */
export const CALL_HOLD_S = 1;

/** What is called, and with what. */
export interface PluginCall extends OperationWait {
  readonly board: string;
  readonly plugin: string;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** How long it may take; the plugin's own limit unless said. */
  readonly timeoutS?: number | undefined;
  /** Told once of a call that outlives its first request. */
  readonly onUnderWay?: ((operation: Operation) => void) | undefined;
}

/**
 * Calls a plugin. When `cancel` aborts, the board stops it and the operation that is answered is `canceled`, unless it had ended by
 * then. When `signal` aborts, nobody waits any more and the plugin goes on.
 *
 * @example
 * const wanted = new AbortController();
 * const { status, result } = await callPlugin(client, {
 *   board: "lamp-7", plugin: "hello", parameters: { name: "you" }, cancel: wanted.signal,
 * });
 */
export const callPlugin = async (
  client: Pick<Client, "injections" | "operations">,
  { board, plugin, parameters, timeoutS, onUnderWay, ...wait }: PluginCall,
): Promise<Operation> => {
  const { project, signal, cancel } = wait;
  cancel?.throwIfAborted();
  const begun = await client.injections.call({
    params: { uuid: board, plugin },
    body: { parameters, timeoutS },
    wait: CALL_HOLD_S,
    ...{ project, signal },
  });
  if (hasEnded(begun)) return begun;
  onUnderWay?.(begun);
  return untilEnded(client, begun, wait);
};
