// Tunnels of boards: asked for over the link when the first stream needs one, dialled by the board with a ticket for one use, closed
// when nobody has used them for a while. One for each public door, one more for everything that people open themselves.
import { type BoardId, fail, tunnel as feature, TUNNEL_PATH } from "@s4t/contract";
import {
  type Clock,
  createDeadline,
  isS4tError,
  type Json,
  type Log,
  untilAborted,
} from "@s4t/kit";
import type { Stream, Tunnel } from "@s4t/tunnel";
import type { Link } from "../edge/link.ts";

/** A tunnel without a stream is closed after this. */
export const TUNNEL_IDLE_MS = 60_000;
/** How often idle tunnels are looked for. */
export const TUNNEL_SWEEP_MS = 15_000;
/** How long a board gets to dial. */
export const TUNNEL_DIAL_MS = 10_000;
/** How long a board gets to answer an open: it looks a name up and dials. */
export const STREAM_OPEN_MS = 15_000;

/** What a board's ticket is for. */
export interface DialPurpose {
  readonly arrive: (tunnel: Tunnel) => boolean;
}

export interface BoardTunnels {
  /** Opens a stream on the board's tunnel of that name. Throws `board.offline`, `tunnel.not-dialled`, and what the board refuses with. */
  open(
    board: BoardId,
    name: string,
    request: { readonly kind: string; readonly args: Json },
    signal: AbortSignal,
  ): Promise<Stream>;
  /** Closes every tunnel of a board. */
  end(board: BoardId): void;
  /** Closes one tunnel once its streams have ended. */
  drain(board: BoardId, name: string): void;
  readonly size: number;
  stop(): void;
}

interface Held {
  readonly board: BoardId;
  tunnel: Promise<Tunnel>;
  ready: Tunnel | undefined;
  idleSinceMs: number | undefined;
}

export interface BoardTunnelsDependencies {
  readonly link: () => Link;
  readonly issueTicket: (board: BoardId, purpose: DialPurpose) => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes them. */
export const createBoardTunnels = ({
  link,
  issueTicket,
  clock,
  log,
}: BoardTunnelsDependencies): BoardTunnels => {
  const held = new Map<string, Held>();
  let timer: { cancel(): void } | undefined;
  const keyOf = (board: BoardId, name: string): string => `${board} ${name}`;

  const dial = async (board: BoardId): Promise<Tunnel> => {
    const deadline = createDeadline(clock, TUNNEL_DIAL_MS);
    let isAwaited = true;
    try {
      const arrived = new Promise<Tunnel>((resolve) => {
        const ticket = issueTicket(board, {
          arrive(tunnel) {
            if (!isAwaited) return false;
            resolve(tunnel);
            return true;
          },
        });
        // Sent once; its answer says no more than that the board has dialled.
        link()
          .command(board, feature.dial, { path: TUNNEL_PATH, ticket }, { signal: deadline.signal })
          .catch((error: unknown) => failed(error));
      });
      let failed = (_error: unknown): void => {};
      const refused = new Promise<never>((_, reject) => {
        failed = reject;
      });
      return await untilAborted(Promise.race([arrived, refused]), deadline.signal);
    } catch (error) {
      if (isS4tError(error, "board.offline") || isS4tError(error, "board.unsupported")) throw error;
      const because = error instanceof Error ? error.message.replace(/\.$/, "") : "it failed";
      throw fail("tunnel.not-dialled", { because }, error);
    } finally {
      isAwaited = false;
      deadline[Symbol.dispose]();
    }
  };

  const tunnelOf = (board: BoardId, name: string): Promise<Tunnel> => {
    const key = keyOf(board, name);
    const known = held.get(key);
    if (known) {
      known.idleSinceMs = undefined;
      return known.tunnel;
    }
    const made: Held = { board, tunnel: dial(board), ready: undefined, idleSinceMs: undefined };
    held.set(key, made);
    const forget = (): void => {
      if (held.get(key) === made) held.delete(key);
    };
    made.tunnel.then((tunnel) => {
      made.ready = tunnel;
      tunnel.ended.then((reason) => {
        log.debug("A tunnel ended", { board, name, reason: String(reason) });
        forget();
      });
    }, forget);
    timer ??= clock.after(TUNNEL_SWEEP_MS, sweep);
    return made.tunnel;
  };

  const sweep = (): void => {
    timer = undefined;
    const now = clock.monotonicMs();
    for (const [key, entry] of held) {
      if (!entry.ready || entry.ready.streamCount > 0) entry.idleSinceMs = undefined;
      else if (entry.idleSinceMs === undefined) entry.idleSinceMs = now;
      else if (now - entry.idleSinceMs >= TUNNEL_IDLE_MS) {
        held.delete(key);
        entry.ready.close("idle");
      }
    }
    if (held.size > 0) timer = clock.after(TUNNEL_SWEEP_MS, sweep);
  };

  return {
    async open(board, name, request, signal) {
      if (!link().isConnected(board)) throw fail("board.offline");
      const deadline = createDeadline(clock, TUNNEL_DIAL_MS + STREAM_OPEN_MS, signal);
      try {
        const tunnel = await untilAborted(tunnelOf(board, name), deadline.signal);
        return await tunnel.open(request, { signal: deadline.signal });
      } finally {
        deadline[Symbol.dispose]();
      }
    },
    end(board) {
      for (const [key, entry] of held)
        if (entry.board === board) {
          held.delete(key);
          entry.ready?.close("cancelled");
        }
    },
    drain(board, name) {
      const key = keyOf(board, name);
      held.get(key)?.ready?.drain();
      held.delete(key);
    },
    get size() {
      return held.size;
    },
    stop() {
      timer?.cancel();
      for (const { ready } of held.values()) ready?.close("drained");
      held.clear();
    },
  };
};
