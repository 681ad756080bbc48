// Tunnels of boards: asked for over the link when the first stream needs one, dialled by the board with a ticket for one use, closed
// when nobody has used them for a while. One for each public door, one more for everything that people open themselves.
//
// A tunnel belongs to the session of the board that dialled it. When the board has joined anew, new streams go to a tunnel of the new
// session; those that are open on the old one go on while it lives. One that takes a stream's open and says nothing more is given up
// for a new one, too: a path that broke without a word shall not hold up who comes after.
import { type BoardId, fail, tunnel as feature, TUNNEL_PATH } from "@s4t/contract";
import {
  type Clock,
  createDeadline,
  type Deadline,
  isS4tError,
  type Json,
  type Log,
  type Timer,
  untilAborted,
} from "@s4t/kit";
import { type Stream, type Tunnel, TunnelError } from "@s4t/tunnel";
import type { Link, LinkSession } from "../edge/link.ts";

/** A tunnel without a stream is closed after this. */
export const TUNNEL_IDLE_MS = 60_000;
/** How often idle tunnels are looked for. */
export const TUNNEL_SWEEP_MS = 15_000;
/** How long a board gets to dial. */
export const TUNNEL_DIAL_MS = 10_000;
/** How long a board gets to answer an open: it looks a name up and dials. */
export const STREAM_OPEN_MS = 15_000;
/** A tunnel whose board has not answered an open for as long is asked for a sign of life … */
export const OPEN_SUSPECT_MS = 1_000;
/** … and given up for a new one without any within this, or within four of its round trips. */
export const SIGN_OF_LIFE_MS = 1_500;

/** What a board's ticket is for. */
export interface DialPurpose {
  readonly board: BoardId;
  /** The session that was asked to dial. */
  readonly session: LinkSession;
  /** Takes the tunnel; false where nobody waits for it any more. */
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
  readonly epoch: number;
  readonly tunnel: Promise<Tunnel>;
  ready: Tunnel | undefined;
  idleSinceMs: number | undefined;
  /** Opens without an answer. */
  readonly opening: Set<Deadline>;
  watch: Timer | undefined;
  /** Why it takes nothing more. */
  over: unknown;
}

export interface BoardTunnelsDependencies {
  readonly link: () => Link;
  readonly issueTicket: (board: BoardId, purpose: DialPurpose) => string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Why an open is taken back: its tunnel is no longer the one to use. */
const retired = Symbol("retired");
const withdrawn = (): unknown => fail("stream.refused", { because: "it is no longer offered" });
/** Whether an open failed by its tunnel, not by the board's word. */
const isOfTunnel = (error: unknown): boolean =>
  error === retired || (error instanceof TunnelError && error.code.startsWith("tunnel."));

/** Makes them. */
export const createBoardTunnels = ({
  link,
  issueTicket,
  clock,
  log,
}: BoardTunnelsDependencies): BoardTunnels => {
  const held = new Map<string, Held>();
  let timer: Timer | undefined;
  const keyOf = (board: BoardId, name: string): string => `${board} ${name}`;

  const dial = async (board: BoardId, session: LinkSession): Promise<Tunnel> => {
    const deadline = createDeadline(clock, TUNNEL_DIAL_MS);
    let isAwaited = true;
    try {
      const arrived = new Promise<Tunnel>((resolve) => {
        const ticket = issueTicket(board, {
          ...{ board, session },
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

  /** Nothing new goes to it; what is open goes on while it lives. `because` is what opens without an answer end with. */
  const retire = (key: string, entry: Held, because: unknown = retired): void => {
    if (held.get(key) === entry) held.delete(key);
    entry.over ??= because;
    entry.watch?.cancel();
    entry.watch = undefined;
    entry.ready?.drain();
    for (const attempt of entry.opening) attempt.abort(because);
  };

  const heldFor = (key: string, board: BoardId): Held => {
    const session = link().sessionOf(board);
    if (!session) throw fail("board.offline");
    const known = held.get(key);
    if (known?.epoch === session.epoch) {
      known.idleSinceMs = undefined;
      return known;
    }
    if (known) retire(key, known);
    const made: Held = {
      ...{ board, epoch: session.epoch, tunnel: dial(board, session), ready: undefined },
      ...{ idleSinceMs: undefined, opening: new Set(), watch: undefined, over: undefined },
    };
    held.set(key, made);
    made.tunnel.then(
      (tunnel) => {
        made.ready = tunnel;
        if (made.over !== undefined) tunnel.drain();
        tunnel.ended.then((reason) => {
          log.debug("A tunnel ended", { tunnel: key, reason: String(reason) });
          retire(key, made);
        });
      },
      () => retire(key, made),
    );
    timer ??= clock.after(TUNNEL_SWEEP_MS, sweep);
    return made;
  };

  /** As long as the board owes an answer, its tunnel has to show that it is alive. */
  const watch = (key: string, entry: Held, tunnel: Tunnel): void => {
    entry.watch ??= clock.after(OPEN_SUSPECT_MS, () => {
      if (entry.opening.size === 0) {
        entry.watch = undefined;
        return;
      }
      const withinMs = Math.max(SIGN_OF_LIFE_MS, 4 * (tunnel.roundTripMs ?? 0));
      void tunnel.sign(withinMs).then((isAlive) => {
        entry.watch = undefined;
        if (entry.opening.size === 0) return;
        if (isAlive) return watch(key, entry, tunnel);
        log.info("A tunnel gives no sign of life and is given up", { tunnel: key });
        retire(key, entry);
      });
    });
  };

  const openOn = async (
    key: string,
    entry: Held,
    request: { readonly kind: string; readonly args: Json },
    attempt: Deadline,
  ): Promise<Stream> => {
    const { signal } = attempt;
    const tunnel = entry.ready ?? (await untilAborted(entry.tunnel, signal));
    if (entry.over !== undefined) throw entry.over;
    entry.opening.add(attempt);
    watch(key, entry, tunnel);
    try {
      return await tunnel.open(request, { signal });
    } finally {
      entry.opening.delete(attempt);
    }
  };

  const sweep = (): void => {
    timer = undefined;
    const now = clock.monotonicMs();
    for (const [key, entry] of held) {
      if (!entry.ready || entry.ready.streamCount > 0) entry.idleSinceMs = undefined;
      else if (entry.idleSinceMs === undefined) entry.idleSinceMs = now;
      else if (now - entry.idleSinceMs >= TUNNEL_IDLE_MS) {
        retire(key, entry);
        entry.ready.close("idle");
      }
    }
    if (held.size > 0) timer = clock.after(TUNNEL_SWEEP_MS, sweep);
  };

  return {
    async open(board, name, request, signal) {
      const key = keyOf(board, name);
      const attempt = createDeadline(clock, TUNNEL_DIAL_MS + STREAM_OPEN_MS, signal);
      let again: Deadline | undefined;
      try {
        const first = heldFor(key, board);
        try {
          return await openOn(key, first, request, attempt);
        } catch (error) {
          // No byte has gone by: what broke with its tunnel or its session is asked for once more, what the board said stands.
          const now = link().sessionOf(board);
          const isOfSession = !first.ready && now?.epoch !== first.epoch;
          if (!now || first.over === undefined || !(isOfTunnel(error) || isOfSession)) throw error;
          if (signal.aborted || attempt.leftMs() === 0) throw error;
        }
        again = createDeadline(clock, attempt.leftMs(), signal);
        return await openOn(key, heldFor(key, board), request, again);
      } catch (error) {
        if (error !== retired) throw error;
        throw fail("tunnel.not-dialled", { because: "the board gives no sign of life" });
      } finally {
        attempt[Symbol.dispose]();
        again?.[Symbol.dispose]();
      }
    },
    end(board) {
      for (const [key, entry] of held)
        if (entry.board === board) {
          retire(key, entry, withdrawn());
          entry.ready?.close("cancelled");
        }
    },
    drain(board, name) {
      const key = keyOf(board, name);
      const entry = held.get(key);
      if (entry) retire(key, entry, withdrawn());
    },
    get size() {
      return held.size;
    },
    stop() {
      timer?.cancel();
      for (const { ready, watch } of held.values()) {
        watch?.cancel();
        ready?.close("drained");
      }
      held.clear();
    },
  };
};
