// Tunnels of this board: dialled when the cloud asks, to the cloud that the link trusts, with a ticket for one use. What comes through
// is handed to the feature that serves its kind; none is opened from here.
import {
  check,
  fail,
  grantOf,
  type StreamArgs,
  type StreamKind,
  signedDialText,
  streamKinds,
  tunnel,
} from "@s4t/contract";
import { type Clock, isS4tError, type Log } from "@s4t/kit";
import { outside } from "@s4t/kit/node";
import type { IncomingStream, Stream, Tunnel } from "@s4t/tunnel";
import { dialTunnel } from "@s4t/tunnel/node";
import type { Where } from "../../link/connect.ts";
import { type Dispatch, dispatchOf } from "../feature.ts";
import { createGrants, type Trust } from "./grants.ts";

/** Tunnels at once: one a public door and one for all else, so what is above is a fault of the other end. */
export const MAX_TUNNELS = 256;

/** Serves a stream: accepts it, or throws why not. */
export type StreamHandler<Kind extends StreamKind> = (
  args: StreamArgs<Kind>,
  incoming: IncomingStream,
) => void | Promise<void>;

/** Kinds that this board serves. */
export type StreamHandlers = { readonly [Kind in StreamKind]?: StreamHandler<Kind> };

export interface TunnelsDependencies {
  /** Where the cloud is now, and whom to trust for it. */
  readonly where: () => Where;
  readonly trust: () => Trust;
  /** Signs with the board's key: hex. */
  readonly sign: (text: string) => string;
  readonly handlers: StreamHandlers;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Tunnels {
  readonly dispatch: Dispatch;
  /** Serves a stream of a tunnel. */
  serve(incoming: IncomingStream): void;
  /** Ends the streams that somebody was let in for who may be trusted no more: shells and files. */
  endTrusting(): void;
  /** Ends all. */
  close(): void;
}

const isKind = (kind: string): kind is StreamKind => Object.hasOwn(streamKinds, kind);

/** Makes the feature. */
export const createTunnels = ({
  where,
  trust,
  sign,
  handlers,
  clock,
  log,
}: TunnelsDependencies): Tunnels => {
  const grants = createGrants(trust, clock);
  const open = new Set<Tunnel>();
  let dialling = 0;
  const trusting = new Set<Stream>();
  /** Counts whom was trusted: what was let in by the one before may be accepted a moment later. */
  let trustCount = 0;

  /** The same, and known to be ended with the trust that it came by. */
  const noted = (incoming: IncomingStream): IncomingStream => {
    const { kind, args, signal } = incoming;
    const by = trustCount;
    return {
      ...{ kind, args, signal },
      accept() {
        const stream = incoming.accept();
        trusting.add(stream);
        void stream.ended.then(() => trusting.delete(stream));
        if (by !== trustCount) stream.reset("not-allowed");
        return stream;
      },
      refuse: (code, sentence) => incoming.refuse(code, sentence),
    };
  };

  const lead = async (incoming: IncomingStream): Promise<void> => {
    const { kind } = incoming;
    const handle = isKind(kind) ? (handlers[kind] as StreamHandler<StreamKind>) : undefined;
    if (!isKind(kind) || !handle)
      throw fail("stream.refused", { because: `this board serves no streams of the kind ${kind}` });
    const args = check(streamKinds[kind], incoming.args, "args");
    grants.require(kind, args);
    await handle(args, grantOf(kind) === undefined ? incoming : noted(incoming));
  };

  const serve = (incoming: IncomingStream): void => {
    lead(incoming).catch((error: unknown) => {
      const known = isS4tError(error)
        ? error
        : fail("stream.refused", { because: "it failed" }, error);
      if (!isS4tError(error))
        log.error("A stream could not be served", { kind: incoming.kind, error });
      incoming.refuse(known.code, known.message);
    });
  };

  const dial = async (path: string, ticket: string, signal: AbortSignal): Promise<void> => {
    if (open.size + dialling >= MAX_TUNNELS)
      throw fail("stream.busy", { because: `${MAX_TUNNELS} tunnels are open` });
    dialling += 1;
    try {
      const proof = sign(signedDialText(ticket));
      // Its streams are those of others than who asked for the tunnel.
      const made = await outside(() =>
        dialTunnel({ ...where(), ...{ path, ticket, proof, clock, signal, onOpen: serve } }),
      );
      open.add(made);
      void made.ended.then(() => open.delete(made));
    } catch (error) {
      const { because } = ((error as { details?: unknown }).details ?? {}) as { because?: string };
      throw fail("tunnel.not-dialled", { because: because ?? "no connection came about" }, error);
    } finally {
      dialling -= 1;
    }
  };

  return {
    dispatch: dispatchOf(tunnel, {
      dial: async ({ path, ticket }, { signal }) => {
        await dial(path, ticket, signal);
        return {};
      },
      challenge: ({ kind }) => grants.challenge(kind),
    }),
    serve,
    endTrusting() {
      trustCount += 1;
      for (const stream of trusting) stream.reset("not-allowed");
    },
    close() {
      for (const each of open) each.close("drained");
      open.clear();
    },
  };
};
