// Ways: tunnels that clients dial, each for one board and one door. Streams on them are asked about one by one, and joined to
// streams of the board's own tunnel.
import { check, fail, type StreamKind, sentenceOf, streamKinds } from "@s4t/contract";
import { type Clock, isS4tError, type Json, type Log, type S4tError } from "@s4t/kit";
import type { EndReason, IncomingStream, Stream, Tunnel } from "@s4t/tunnel";
import type { GatewayHost, WayRequest } from "../edge/gateway.ts";
import type { Actor } from "../policy/index.ts";
import { type Authorize, errorOf, stillMay } from "./authorize.ts";
import type { BoardTunnels } from "./board-tunnels.ts";
import { bridge } from "./bridge.ts";
import { type Connections, whyNotOpened } from "./connections.ts";
import type { StreamLog } from "./record.ts";

/** How often it is asked whether who opened a way still may, and a forward's wish is renewed. */
export const WAY_RECHECK_MS = 4_000;
/** A way without a stream is closed after this: its client has forgotten it. */
export const WAY_IDLE_MS = 3_600_000;

/** Kinds of streams that a door is for. */
const kindsOf: Readonly<Record<WayRequest["door"], readonly StreamKind[]>> = {
  forward: ["tcp"],
  shell: ["shell"],
  files: ["files-list", "files-get", "files-put"],
};

export interface WaysDependencies {
  readonly authorize: Authorize;
  readonly tunnels: BoardTunnels;
  readonly connections: Connections;
  readonly streamLog: StreamLog;
  readonly host: Pick<GatewayHost, "renewForward" | "endForward">;
  /** The actor with the rights of now; undefined once the token has ended. */
  readonly actorNow: (actor: Actor) => Promise<Actor | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Longest name of a kind that is not ours, in the record. */
const kindShown = 64;

const whatOf = (kind: string, args: Json): string => {
  const { host, port, path } = args as { host?: string; port?: number; path?: string };
  if (host !== undefined) return `${host}:${port}`;
  return path === undefined ? kind : `${kind} ${path}`;
};

/** A client's tunnel, from its first byte to its last. */
export const serveWay = (
  way: WayRequest,
  tunnel: Tunnel,
  from: string | null,
  deps: WaysDependencies,
): ((incoming: IncomingStream) => void) => {
  const { authorize, tunnels, connections, streamLog, host, actorNow, clock, log } = deps;
  let actor: Actor | undefined = way.actor;
  /** Ends each stream that is open: whoever opened it may no longer. */
  const open = new Set<() => void>();
  let idleSinceMs = clock.monotonicMs();
  const { board, boardName, project, door, forward } = way;

  const recheck = async (): Promise<void> => {
    actor = await actorNow(way.actor);
    if (!actor) return tunnel.close("cancelled");
    if (!stillMay(actor, door, project)) for (const withdraw of [...open]) withdraw();
    if (forward && !(await host.renewForward(forward.uuid))) return tunnel.close("cancelled");
    const now = clock.monotonicMs();
    if (tunnel.streamCount > 0) idleSinceMs = now;
    else if (now - idleSinceMs > WAY_IDLE_MS) tunnel.close("idle");
  };
  const again = (): { cancel(): void } =>
    clock.after(WAY_RECHECK_MS, () => {
      recheck().then(
        () => {
          timer = again();
        },
        (error: unknown) => {
          log.warn("A way could not be checked again, and is closed", { error });
          tunnel.close("cancelled");
        },
      );
    });
  let timer = again();
  void tunnel.ended.then(() => {
    timer.cancel();
    if (forward)
      host
        .endForward(forward.uuid, way.actor)
        .catch((error: unknown) => log.warn("A forward could not be ended", { error }));
  });

  /** What the client asks for, checked. Throws where its way is not for that. */
  const requestOf = ({ kind, args }: IncomingStream): { kind: string; args: Json } => {
    if (!(kindsOf[door] as readonly string[]).includes(kind))
      throw fail("stream.refused", { because: `this way is for ${door}` });
    const checked = check(streamKinds[kind as StreamKind], args, "args") as unknown as Json;
    if (forward) {
      const { host: asked, port } = checked as unknown as { host: string; port: number };
      if (asked !== forward.host || port !== forward.port)
        throw fail("stream.refused", {
          because: `this way leads to ${forward.host}:${forward.port}`,
        });
    }
    return { kind, args: checked };
  };
  /** The same, with what is wrong beside it: whatever is asked for goes by the one question. */
  const askedOf = (
    incoming: IncomingStream,
  ): { kind: string; args: Json; what: string; problem?: S4tError } => {
    try {
      const request = requestOf(incoming);
      return { ...request, what: whatOf(request.kind, request.args) };
    } catch (error) {
      if (!isS4tError(error)) throw error;
      const what = incoming.kind.slice(0, kindShown);
      return { kind: incoming.kind, args: null, what, problem: error };
    }
  };

  const lead = async (incoming: IncomingStream): Promise<void> => {
    const { kind, args, what, problem } = askedOf(incoming);
    const of = { board, project, door, from, actor: actor ?? null };
    const said = { ...of, boardName, publicPort: null, what };
    const refusal = authorize({ ...of, isSource: null, expiresAtMs: null, fits: !problem });
    if (refusal) {
      connections.refused(said, refusal.code);
      throw errorOf(refusal, door, refusal.code === "unrecorded" ? streamLog.problem : problem);
    }
    let far: Stream;
    try {
      far = await tunnels.open(board, "ways", { kind, args }, incoming.signal);
    } catch (error) {
      connections.refused(said, whyNotOpened(error, incoming.signal));
      throw error;
    }
    let near: Stream | undefined;
    const end = (reason: EndReason): void => {
      near?.reset(reason);
      far.reset(reason);
    };
    const ended = connections.open({
      ...said,
      cut: () => end("cancelled"),
      bytes: () => ({ in: far.bytesOut, out: far.bytesIn }),
    });
    try {
      // On record before its first byte: a cloud that is killed then has told of it, and one that cannot tell opens nothing.
      await streamLog.flush();
    } catch (error) {
      far.reset("cancelled");
      ended("unrecorded");
      throw error;
    }
    near = incoming.accept();
    const withdraw = (): void => end("not-allowed");
    open.add(withdraw);
    bridge(near, far, (reason) => {
      open.delete(withdraw);
      ended(reason);
    });
  };

  return (incoming) => {
    lead(incoming).catch((error: unknown) => {
      if (isS4tError(error)) return incoming.refuse(error.code, error.message);
      const { code, message } = error as { code?: string; message?: string };
      if (typeof code === "string") return incoming.refuse(code, message ?? code);
      log.warn("A stream could not be led to its board", { error });
      incoming.refuse("stream.refused", sentenceOf("stream.refused", { because: "it failed" }));
    });
  };
};
