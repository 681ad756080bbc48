// The accepting end: an HTTP server hands an upgrade over, once its ticket was found good.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "@s4t/kit";
import { hangUp } from "@s4t/kit/node";
import { acceptOf } from "@s4t/kit/node/websocket";
import { PROOF_PREFIX, TICKET_PREFIX, TUNNEL_SUBPROTOCOL } from "../frames.ts";
import { createTunnel, type IncomingStream, type Tunnel } from "../tunnel.ts";
import { createSocketTransport } from "./socket-transport.ts";

const offeredBy = (request: IncomingMessage): readonly string[] =>
  (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());

const offeredAfter = (offered: readonly string[], prefix: string): string | undefined =>
  offered.find((name) => name.startsWith(prefix))?.slice(prefix.length);

/** The ticket of an upgrade that asks for a tunnel; undefined where it does not, or not as it should. */
export const ticketOf = (request: IncomingMessage): string | undefined => {
  const offered = offeredBy(request);
  const key = request.headers["sec-websocket-key"];
  const isSound =
    request.method === "GET" &&
    offered.includes(TUNNEL_SUBPROTOCOL) &&
    request.headers["sec-websocket-version"] === "13" &&
    key !== undefined &&
    /^[A-Za-z0-9+/]{22}==$/.test(key);
  if (!isSound) return undefined;
  return offeredAfter(offered, TICKET_PREFIX);
};

/** What an upgrade brings to prove whose ticket it shows; undefined where it brings nothing. */
export const proofOf = (request: IncomingMessage): string | undefined =>
  offeredAfter(offeredBy(request), PROOF_PREFIX);

/** Refuses an upgrade. */
export const refuseUpgrade = (socket: Duplex, status: 400 | 401 | 503): void => {
  const words = { 400: "Bad Request", 401: "Unauthorized", 503: "Service Unavailable" }[status];
  hangUp(socket, `HTTP/1.1 ${status} ${words}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
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
  socket.write(
    [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${acceptOf(request.headers["sec-websocket-key"] ?? "")}`,
      `Sec-WebSocket-Protocol: ${TUNNEL_SUBPROTOCOL}`,
      "\r\n",
    ].join("\r\n"),
  );
  const transport = createSocketTransport(socket, head, {
    role: "acceptor",
    isMaskFree: true,
    clock,
  });
  return createTunnel(transport, { role: "acceptor", clock, onOpen });
};
