// The server's half of the WebSocket handshake (RFC 6455, 4.2) on a request that an HTTP server has read.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { hangUp } from "@s4t/kit/node";

// RFC 6455, 1.3.
const acceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** Sixteen bytes of base64. */
const keyForm = /^[+/0-9A-Za-z]{22}==$/;

/** Refuses an upgrade with an HTTP status and lets go of the socket. */
export const refuseUpgrade = (socket: Duplex, status: string, header = ""): void =>
  hangUp(socket, `HTTP/1.1 ${status}\r\n${header}Connection: close\r\nContent-Length: 0\r\n\r\n`);

/** The subprotocols that a request offers, in its order. */
export const offeredBy = (request: IncomingMessage): readonly string[] =>
  (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());

/** Answers the handshake; false where the request is none, and was refused. */
export const acceptUpgrade = (
  request: IncomingMessage,
  socket: Duplex,
  subprotocol: string,
): boolean => {
  const { upgrade, "sec-websocket-key": key, "sec-websocket-version": version } = request.headers;
  if (
    request.method !== "GET" ||
    upgrade?.toLowerCase() !== "websocket" ||
    !keyForm.test(key ?? "")
  ) {
    refuseUpgrade(socket, "400 Bad Request");
    return false;
  }
  if (version !== "13") {
    refuseUpgrade(socket, "426 Upgrade Required", "Sec-WebSocket-Version: 13\r\n");
    return false;
  }
  const accept = createHash("sha1").update(`${key}${acceptGuid}`).digest("base64");
  socket.write(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
  );
  return true;
};
