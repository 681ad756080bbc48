// The server's half of the WebSocket handshake (RFC 6455, 4.2) on a request that an HTTP server has read.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { hangUp } from "../hang-up.ts";
import { acceptOf } from "./upgrade.ts";

/** Sixteen bytes of base64. */
const keyForm = /^[+/0-9A-Za-z]{22}==$/;

/** Why an upgrade is refused: an HTTP status, and a header that says more. */
export interface UpgradeRefusal {
  readonly status: string;
  readonly header?: string;
}

/** Refuses an upgrade and lets go of the socket. */
export const refuseUpgrade = (socket: Duplex, { status, header = "" }: UpgradeRefusal): void =>
  hangUp(socket, `HTTP/1.1 ${status}\r\n${header}Connection: close\r\nContent-Length: 0\r\n\r\n`);

/** The subprotocols that a request offers, in its order. */
export const offeredBy = (request: IncomingMessage): readonly string[] =>
  (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());

/** What is wrong with a request to upgrade; undefined: nothing. */
export const refusalOf = (request: IncomingMessage): UpgradeRefusal | undefined => {
  const { method, headers, httpVersionMajor, httpVersionMinor } = request;
  const isOld = httpVersionMajor < 1 || (httpVersionMajor === 1 && httpVersionMinor < 1);
  // What one of two machines takes for a body and the other for frames is a way past the first of them.
  const { "transfer-encoding": coding, "content-length": length = "0" } = headers;
  if (isOld || coding !== undefined || length !== "0") return { status: "400 Bad Request" };
  const { upgrade, "sec-websocket-key": key, "sec-websocket-version": version } = headers;
  if (method !== "GET" || upgrade?.toLowerCase() !== "websocket" || !keyForm.test(key ?? ""))
    return { status: "400 Bad Request" };
  if (version !== "13")
    return { status: "426 Upgrade Required", header: "Sec-WebSocket-Version: 13\r\n" };
  return undefined;
};

/** Answers a handshake that nothing is wrong with. */
export const acceptUpgrade = (
  request: IncomingMessage,
  socket: Duplex,
  subprotocol: string,
): void => {
  const accept = acceptOf(request.headers["sec-websocket-key"] ?? "");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
  );
};
