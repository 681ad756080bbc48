// The accepting end: an HTTP server hands an upgrade over, once its ticket was found good.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "@s4t/kit";
import {
  acceptUpgrade,
  offeredBy,
  refusalOf,
  refuseUpgrade as refuse,
} from "@s4t/kit/node/websocket";
import { PROOF_PREFIX, TICKET_PREFIX, TUNNEL_SUBPROTOCOL } from "../frames.ts";
import { createTunnel, type IncomingStream, type Tunnel } from "../tunnel.ts";
import { createSocketTransport } from "./socket-transport.ts";

const offeredAfter = (offered: readonly string[], prefix: string): string | undefined =>
  offered.find((name) => name.startsWith(prefix))?.slice(prefix.length);

/** The ticket of an upgrade that asks for a tunnel; undefined where it does not, or not as it should. */
export const ticketOf = (request: IncomingMessage): string | undefined => {
  const offered = offeredBy(request);
  if (refusalOf(request) || !offered.includes(TUNNEL_SUBPROTOCOL)) return undefined;
  return offeredAfter(offered, TICKET_PREFIX);
};

/** What an upgrade brings to prove whose ticket it shows; undefined where it brings nothing. */
export const proofOf = (request: IncomingMessage): string | undefined =>
  offeredAfter(offeredBy(request), PROOF_PREFIX);

/** Refuses an upgrade. */
export const refuseUpgrade = (socket: Duplex, status: 400 | 401 | 503): void => {
  const words = { 400: "Bad Request", 401: "Unauthorized", 503: "Service Unavailable" }[status];
  refuse(socket, { status: `${status} ${words}` });
};

export interface AcceptOptions {
  readonly clock: Clock;
  readonly onOpen: (incoming: IncomingStream) => void;
}

/** Completes the upgrade and makes the tunnel. */
export const acceptTunnel = (
  request: IncomingMessage,
  duplex: Duplex,
  head: Buffer,
  { clock, onOpen }: AcceptOptions,
): Tunnel => {
  const socket = duplex as Socket;
  socket.setNoDelay(true);
  socket.setTimeout(0);
  acceptUpgrade(request, socket, TUNNEL_SUBPROTOCOL);
  const transport = createSocketTransport(socket, head, {
    role: "acceptor",
    isMaskFree: true,
    clock,
  });
  return createTunnel(transport, { role: "acceptor", clock, onOpen });
};
