// Dials a tunnel: TCP or TLS, the upgrade with the ticket, the tunnel on it.
import { isIP, type Socket } from "node:net";
import { Bug, type Clock, createDeadline, untilAborted } from "@s4t/kit";
import { openSocket, type Resumption, upgradeSocket } from "@s4t/kit/node/websocket";
import { PROOF_PREFIX, TICKET_PREFIX, TUNNEL_SUBPROTOCOL } from "../frames.ts";
import { createTunnel, type IncomingStream, type Tunnel } from "../tunnel.ts";
import { createSocketTransport } from "./socket-transport.ts";

/** TCP, TLS and the upgrade together may take this long. */
export const DIAL_TIMEOUT_MS = 10_000;

export interface DialOptions {
  /** Origin: `http:` or `https:` (or `ws:`, `wss:`). */
  readonly url: string;
  readonly path: string;
  readonly ticket: string;
  /** What proves whose ticket it is, where the acceptor asks for that: base64url or hex. */
  readonly proof?: string | undefined;
  /** PEM of the only authorities that are trusted; null or absent: those of the platform. */
  readonly ca?: string | readonly string[] | null;
  /** What is kept of TLS sessions with this server. */
  readonly resumption?: Resumption;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** The other end opens a stream. */
  readonly onOpen: (incoming: IncomingStream) => void;
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/** Dials. Rejects with `socket.failed` (`details.because`: the step), `deadline.exceeded`, or the signal's reason. */
export const dialTunnel = async (options: DialOptions): Promise<Tunnel> => {
  const { path, ticket, proof, ca, resumption, clock, signal, onOpen } = options;
  const url = new URL(path, options.url.replace(/^ws/, "http"));
  for (const said of [ticket, proof])
    if (said !== undefined && !/^[\w-]+$/.test(said)) throw new Bug("a ticket that is no token");
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const deadline = createDeadline(clock, DIAL_TIMEOUT_MS, signal);
  let socket: Socket | undefined;
  const dialling = (async () => {
    const tls = { ...(ca ? { ca } : {}), ...(resumption ? { resumption } : {}) };
    const opened = await openSocket(url, tls, (made) => {
      socket = made;
      if (deadline.signal.aborted) made.destroy();
    });
    const rest = await upgradeSocket(opened, url, TUNNEL_SUBPROTOCOL, {}, [
      TICKET_PREFIX + ticket,
      ...(proof === undefined ? [] : [PROOF_PREFIX + proof]),
    ]);
    const isMaskFree = url.protocol === "wss:" || isLoopback(url.hostname.replace(/^\[|\]$/g, ""));
    const transport = createSocketTransport(opened, rest, { role: "dialer", isMaskFree, clock });
    return createTunnel(transport, { role: "dialer", clock, onOpen });
  })();
  try {
    return await untilAborted(dialling, deadline.signal);
  } catch (error) {
    socket?.destroy();
    dialling.catch(() => {});
    throw error;
  } finally {
    deadline[Symbol.dispose]();
  }
};
