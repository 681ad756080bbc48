// Ports of their own for the original's agents, which know no paths: what comes there is no API, asks to upgrade, and gets little time
// to say so.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Server as TlsServer } from "node:tls";
import { fail } from "@s4t/contract";
import type { Part } from "@s4t/kit";
import type { TlsCredentials } from "../http/server.ts";

/** Connections at once at one such port; tunnels have one for each stream. */
export const MAX_LEGACY_CONNECTIONS = 10_000;
/** Connections of one address at once: a fleet behind one router, and no stranger takes all. */
export const MAX_LEGACY_CONNECTIONS_OF_ADDRESS = 2_500;
/** Who is slower with the headers is cut off. */
export const LEGACY_HEADERS_MS = 10_000;
/** How often they are looked at. */
const headersCheckMs = 2_000;
/** Largest headers: these clients send few. */
const longestHeaders = 8_192;

export interface LegacyServerOptions {
  readonly name: string;
  readonly setting: string;
  readonly host: string;
  readonly port: number;
  /** Null: without TLS. */
  readonly tls: TlsCredentials | null;
  /** How long headers may take; {@link LEGACY_HEADERS_MS} unless said. */
  readonly headersMs?: number;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface LegacyServer extends Part {
  /** Port in use, after the start. */
  port(): number;
  renew(credentials: TlsCredentials): void;
}

const secureOptions = ({ key, chain }: TlsCredentials) =>
  ({ key, cert: chain, minVersion: "TLSv1.2" }) as const;

/** Makes one. */
export const createLegacyServer = (options: LegacyServerOptions): LegacyServer => {
  const { name, setting, host, port, tls, answer, upgrade } = options;
  const { headersMs = LEGACY_HEADERS_MS } = options;
  const sockets = new Set<Duplex>();
  const ofAddress = new Map<string, number>();
  const checkMs = Math.min(headersCheckMs, headersMs);
  const times = { connectionsCheckingInterval: checkMs, maxHeaderSize: longestHeaders };
  const server: Server = tls
    ? createTlsServer({ ...times, ...secureOptions(tls), handshakeTimeout: headersMs }, answer)
    : createServer(times, answer);
  server.headersTimeout = headersMs;
  server.requestTimeout = headersMs;
  server.keepAliveTimeout = headersMs;
  server.maxConnections = MAX_LEGACY_CONNECTIONS;
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const own = (ofAddress.get(address) ?? 0) + 1;
    if (own > MAX_LEGACY_CONNECTIONS_OF_ADDRESS) {
      socket.destroy();
      return;
    }
    ofAddress.set(address, own);
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      const left = (ofAddress.get(address) ?? 1) - 1;
      if (left > 0) ofAddress.set(address, left);
      else ofAddress.delete(address);
    });
  });
  server.on("upgrade", upgrade);
  server.on("clientError", (_error, socket) => socket.destroy());
  return {
    name,
    port: () => (server.address() as AddressInfo | null)?.port ?? port,
    renew(credentials) {
      if (tls) (server as unknown as TlsServer).setSecureContext(secureOptions(credentials));
    },
    start: () =>
      new Promise((resolve, reject) => {
        server.once("error", (error: NodeJS.ErrnoException) =>
          reject(
            error.code === "EADDRINUSE" || error.code === "EACCES"
              ? fail("port.in-use", { port, host }, error)
              : fail("config.invalid", { setting, because: error.message }, error),
          ),
        );
        server.listen({ host, port }, () => resolve());
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};
