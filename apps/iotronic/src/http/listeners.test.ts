// Clients that dawdle before they have said what they want, wherever their connection came in.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createListeners, type Listeners } from "./listeners.ts";

const fixture: { certificate: string; key: string } = JSON.parse(
  readFileSync(
    new URL("../../../../packages/wamp/vectors/loopback-tls.json", import.meta.url),
    "utf8",
  ),
);
/** How long headers, or a handshake, may take here. */
const LIMIT_MS = 300;
/** How long it may take until one who dawdles is cut: far above the limit, far below Node's own half a minute. */
const CUT_WITHIN_MS = 5_000;

const times = { headersTimeout: LIMIT_MS, requestTimeout: 0, connectionsCheckingInterval: 50 };
const answer = (_: unknown, response: { end(text: string): void }) => response.end("here");
const sockets: Socket[] = [];
let plain: Server;
let secure: Server;
let listeners: Listeners | undefined;
beforeEach(() => {
  plain = createServer(times, answer);
  const tls = { key: fixture.key, cert: fixture.certificate, handshakeTimeout: LIMIT_MS };
  secure = createTlsServer({ ...times, ...tls }, answer) as unknown as Server;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listeners?.close();
  listeners = undefined;
});

const open = async (host: string | null): Promise<number> => {
  listeners = createListeners({
    ...{ port: 0, plain, maxConnections: 10 },
    secure: host === null ? null : { server: secure, host },
  });
  await listeners.open();
  return listeners.port();
};

/** When the other end lets go of this connection, to which a byte goes now and then. */
const cut = (socket: Socket, dribble: string): Promise<"cut"> => {
  sockets.push(socket);
  let sent = 0;
  const more = setInterval(() => {
    sent += 1;
    socket.write(dribble[sent % dribble.length] ?? "x");
  }, 40);
  return new Promise((resolve) => {
    const end = () => {
      clearInterval(more);
      resolve("cut");
    };
    socket.on("error", () => {});
    socket.once("close", end);
    socket.once("end", end);
    socket.resume();
  });
};
const late = () =>
  new Promise<"late">((resolve) => setTimeout(() => resolve("late"), CUT_WITHIN_MS));
const isCut = async (socket: Socket, dribble = "a") =>
  expect(await Promise.race([cut(socket, dribble), late()])).toBe("cut");

describe("a client that sends its headers a byte at a time", () => {
  const head = "GET / HTTP/1.1\r\nx: ";
  const dawdle = (port: number, host = "127.0.0.1"): Socket => {
    const socket = connect(port, host);
    socket.write(head);
    return socket;
  };
  it("is cut off at the plain socket", async () => {
    await isCut(dawdle(await open(null)));
  });
  it("is cut off at one socket for all addresses", async () => {
    await isCut(dawdle(await open("0.0.0.0")));
  });
  it("is cut off behind TLS", async () => {
    const port = await open("127.0.0.2");
    const socket = tlsConnect({ port, host: "127.0.0.2", rejectUnauthorized: false });
    socket.write(head);
    await isCut(socket);
  });
  it("keeps nobody else waiting", async () => {
    const port = await open("0.0.0.0");
    const slow = isCut(dawdle(port));
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("here");
    await slow;
  });
});

it("a client that does not come to an end with its TLS handshake is cut off", async () => {
  const socket = connect(await open("127.0.0.2"), "127.0.0.2");
  // The beginning of a record of a ClientHello of 512 bytes, which never gets there.
  socket.write(Buffer.from("1603010200010001fc0303", "hex"));
  await isCut(socket, "\0");
});
