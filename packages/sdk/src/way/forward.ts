// A way to a TCP port that a board reaches, kept for as long as it is wanted: where its tunnel breaks, the next connection asks for a
// new one.
import { fail } from "@s4t/contract";
import { type Clock, isS4tError, sleep, systemClock } from "@s4t/kit";
import type { Stream, Tunnel } from "@s4t/tunnel";
import type { Client } from "../client.ts";
import { type ReachOptions, wayError } from "./way.ts";

/** Pause before a way that broke is asked for again: a cloud that starts anew is back within seconds. */
export const FORWARD_RETRY_MS = 1_000;

export interface ForwardOptions extends Omit<ReachOptions, "owner"> {
  readonly host: string;
  readonly port: number;
  readonly clock?: Clock | undefined;
  /** The way is there, or is gone and is asked for again, with why. */
  readonly onState?: ((state: "open" | "lost", because?: unknown) => void) | undefined;
}

/** A forward that is held. */
export interface HeldForward {
  /** Opens a connection to the endpoint. Throws what cloud and board refuse with. */
  connect(): Promise<Stream>;
  close(): void;
}

/** Opens a forward: what is wrong with it is thrown at once, not at the first connection. */
export const holdForward = async (
  client: Client,
  { board, dial, host, port, signal, onState, clock = systemClock }: ForwardOptions,
): Promise<HeldForward> => {
  let isClosed = false;
  let current: Promise<Tunnel> | undefined;

  const dialWay = async (): Promise<Tunnel> => {
    const way = await client.streams.forward({
      ...{ params: { uuid: board }, body: { host, port }, signal },
    });
    const tunnel = await dial(way, signal);
    onState?.("open");
    void tunnel.ended.then((reason) => {
      current = undefined;
      if (isClosed || signal?.aborted) return;
      onState?.("lost", reason);
      void comeBack();
    });
    return tunnel;
  };
  const get = (): Promise<Tunnel> => {
    current ??= dialWay().catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
  /** The wish on the board goes with its way: it is there again before somebody connects. */
  const comeBack = async (): Promise<void> => {
    while (!isClosed && !current && !signal?.aborted)
      try {
        await get();
      } catch (error) {
        if (isS4tError(error, "policy.denied") || isS4tError(error, "board.not-found")) return;
        await sleep(clock, FORWARD_RETRY_MS, signal).catch(() => {});
      }
  };

  await get();
  return {
    async connect() {
      if (isClosed) throw fail("request.canceled");
      try {
        return await (await get()).open({ kind: "tcp", args: { host, port } }, { signal });
      } catch (error) {
        throw wayError(error);
      }
    },
    close() {
      isClosed = true;
      current?.then(
        (tunnel) => tunnel.close("ended"),
        () => {},
      );
    },
  };
};
