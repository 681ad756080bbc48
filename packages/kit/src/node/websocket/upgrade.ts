// The client's half of the WebSocket handshake (RFC 6455, 4.1), by hand on an open socket.
import { createHash, randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { Bug } from "@s4t/kit";
import { socketFailure } from "./failure.ts";

/** The answer's head may be this long; what is longer is no WebSocket server's. */
export const MAX_HEAD_BYTES = 16 * 1024;

// RFC 6455, 1.3.
const acceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const failure = (message: string, details: Readonly<Record<string, unknown>> = {}) =>
  socketFailure("upgrade", message, undefined, details);

interface Head {
  readonly status: number;
  /** Lower-case name → value; of a repeated header the values are joined by commas. */
  readonly headers: ReadonlyMap<string, string>;
}

const parseHead = (text: string): Head => {
  const [first = "", ...lines] = text.split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw failure("The server does not speak HTTP.");
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw failure("The server's answer is not HTTP.");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), headers };
};

/** What a server answers to a key (RFC 6455, 4.2.2). */
export const acceptOf = (key: string): string =>
  createHash("sha1")
    .update(key + acceptGuid)
    .digest("base64");

const checkHead = ({ status, headers }: Head, key: string, subprotocol: string): void => {
  if (status !== 101) {
    // RFC 9110, 10.2.3; a date there says nothing to a machine without a clock.
    const after = /^\d{1,9}$/.exec(headers.get("retry-after") ?? "")?.[0];
    throw failure(`The server answered ${status}.`, {
      status,
      ...(after === undefined ? {} : { retryAfterS: Number(after) }),
    });
  }
  const accept = acceptOf(key);
  const connection = (headers.get("connection") ?? "").toLowerCase().split(/\s*,\s*/);
  if (headers.get("upgrade")?.toLowerCase() !== "websocket" || !connection.includes("upgrade"))
    throw failure("The server did not upgrade.");
  if (headers.get("sec-websocket-accept") !== accept)
    throw failure("The server did not answer this handshake.");
  if (headers.get("sec-websocket-protocol") !== subprotocol)
    throw failure("The server does not speak the subprotocol.");
  if (headers.has("sec-websocket-extensions"))
    throw failure("The server uses an extension that was not asked for.");
};

/** Reads until the empty line; what came after it is the first of the frames. */
const readHead = (socket: Socket): Promise<{ readonly text: string; readonly rest: Buffer }> =>
  new Promise((resolve, reject) => {
    let read: Buffer = Buffer.alloc(0);
    const stop = (): void => {
      socket.off("data", onData);
      socket.off("error", onError);
      socket.off("close", onClose);
      socket.pause();
    };
    const onError = (cause: Error): void => {
      stop();
      reject(socketFailure("upgrade", "The connection broke.", cause));
    };
    const onClose = (): void => {
      stop();
      reject(failure("The server closed the connection."));
    };
    const onData = (chunk: Buffer): void => {
      read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
      const end = read.indexOf("\r\n\r\n");
      if (end === -1 && read.length <= MAX_HEAD_BYTES) return;
      stop();
      if (end === -1 || end > MAX_HEAD_BYTES) reject(failure("The server's answer is too long."));
      else resolve({ text: read.toString("latin1", 0, end), rest: read.subarray(end + 4) });
    };
    socket.on("data", onData);
    socket.on("error", onError);
    socket.on("close", onClose);
  });

/**
 * Upgrades `socket`; resolves with the bytes that came with the answer. The socket is left paused. `beside`: further names in the
 * list of subprotocols, which the server does not choose.
 */
export const upgradeSocket = async (
  socket: Socket,
  url: URL,
  subprotocol: string,
  headers: Readonly<Record<string, string>>,
  beside: readonly string[] = [],
): Promise<Buffer> => {
  const key = randomBytes(16).toString("base64");
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${key}`,
    `Sec-WebSocket-Protocol: ${[subprotocol, ...beside].join(", ")}`,
  ];
  for (const [name, value] of Object.entries(headers)) {
    if (/[\r\n]/.test(name + value)) throw new Bug("a header has a line break");
    lines.push(`${name}: ${value}`);
  }
  const answer = readHead(socket);
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const { text, rest } = await answer;
  checkHead(parseHead(text), key, subprotocol);
  return rest;
};
