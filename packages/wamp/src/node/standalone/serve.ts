// A router with everything around it: listeners, metrics, a clean end.
import { readFileSync, statSync, unlinkSync } from "node:fs";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect, createServer as createNetServer, type Server } from "node:net";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import { type Clock, type Log, sleep } from "@s4t/kit";
import type { ConnectionFacts } from "../../auth/authenticator.ts";
import { allCodecs, codecOf } from "../../codec/codecs.ts";
import { jsonCodec } from "../../codec/json.ts";
import { openPeer } from "../../peer.ts";
import { createRouter, type Router } from "../../router/router.ts";
import type { Transport } from "../../transport.ts";
import { secureRandom } from "../random.ts";
import { acceptRawSockets } from "../rawsocket-server.ts";
import { acceptWebSockets } from "../websocket-server.ts";
import type { ListenConfig, RouterConfig } from "./config.ts";
import { badSetting } from "./fields.ts";
import { takesOrigin } from "./loopback.ts";
import { metricsText } from "./metrics.ts";
import { realmOptionsOf } from "./realms.ts";

/** How long an HTTP request, or its head, may take to come in: whoever says it byte by byte keeps no descriptor. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** How long sessions have to answer GOODBYE when the router ends. */
export const FAREWELL_MS = 2_000;

/** A router that serves. */
export interface ServedRouter {
  readonly router: Router;
  /** Each listener: its kind, and where it is reached (`ws://…`, `wss://…`, `rs://…`, `rss://…`, `unix:…`, `http://…`). */
  readonly listeners: readonly { readonly kind: ListenConfig["kind"]; readonly url: string }[];
  /** Says GOODBYE to everybody, waits for them a while, and holds nothing any more. */
  close(): Promise<void>;
}

interface Door {
  readonly connections: number;
  close(): void;
}

const readPem = (file: string, setting: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unreadable";
    throw badSetting(setting, `${file} cannot be read (${code})`);
  }
};

/** Whether a path is a socket that nobody listens at: what a router leaves that was killed. */
const isLeftBehind = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    if (!statSync(path, { throwIfNoEntry: false })?.isSocket()) return resolve(false);
    const probe = connect(path, () => {
      probe.destroy();
      resolve(false);
    });
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });

const listen = (server: Server, { at }: ListenConfig): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, () => {
      server.off("error", reject);
      resolve();
    });
  });

const listening = async (server: Server, config: ListenConfig, i: number): Promise<void> => {
  const { at } = config;
  try {
    await listen(server, config).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE" || !("path" in at) || !(await isLeftBehind(at.path)))
        throw error;
      unlinkSync(at.path);
      await listen(server, config);
    });
  } catch (cause) {
    const where = "path" in at ? at.path : `${at.host}:${at.port}`;
    const { code } = cause as NodeJS.ErrnoException;
    throw badSetting(`listen[${i}]`, `${where} cannot be listened at (${code})`);
  }
};

const urlOf = (server: Server, { kind, at, tls }: ListenConfig): string => {
  if ("path" in at) return `unix:${at.path}`;
  const scheme = { webSocket: "ws", rawSocket: "rs", metrics: "http" }[kind] + (tls ? "s" : "");
  const host = at.host.includes(":") ? `[${at.host}]` : at.host;
  return `${scheme}://${host}:${(server.address() as AddressInfo).port}${kind === "rawSocket" ? "" : "/"}`;
};

/**
 * Serves what `config` says. Rejects with `config.invalid` where a listener's address or certificate cannot be had; nothing listens
 * then.
 *
 * @example
 * const served = await serveRouter(readRouterConfig(JSON.parse(text)), { clock: systemClock, log });
 * process.once("SIGTERM", () => void served.close());
 */
export const serveRouter = async (
  config: RouterConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<ServedRouter> => {
  const router = createRouter(
    { realms: config.realms.map(realmOptionsOf) },
    { clock, random: secureRandom, log },
  );
  const subprotocols = allCodecs.map(({ subprotocol }) => subprotocol);
  const onTransport = (
    transport: Transport,
    facts: ConnectionFacts & { readonly subprotocol: string },
  ): void =>
    router.attach(openPeer(transport, codecOf(facts.subprotocol) ?? jsonCodec), {
      connection: facts,
    });
  const servers: Server[] = [];
  const doors: Door[] = [];
  const listeners: { kind: ListenConfig["kind"]; url: string }[] = [];
  const realms = config.realms.map(({ name }) => name);
  const connections = () =>
    Object.fromEntries(doors.map((door, i) => [listeners[i]?.url ?? "", door.connections]));

  const anHttpServer = ({ tls, maxConnections }: ListenConfig, i: number): HttpServer => {
    const times = {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1_000,
    };
    const server = tls
      ? createHttpsServer({ ...times, ...pemOf(tls, i) })
      : createHttpServer(times);
    server.maxConnections = maxConnections;
    return server;
  };
  const pemOf = ({ certFile, keyFile }: NonNullable<ListenConfig["tls"]>, i: number) => {
    const cert = readPem(certFile, `listen[${i}].tls.certFile`);
    const key = readPem(keyFile, `listen[${i}].tls.keyFile`);
    try {
      createSecureContext({ cert, key });
    } catch (cause) {
      const why = (cause as Error).message;
      throw badSetting(`listen[${i}].tls`, `these are no key and certificate (${why})`);
    }
    return { cert, key };
  };
  const open = (listen: ListenConfig, i: number): { server: Server; door: Door } => {
    const { kind, maxFrameBytes, pingEveryMs, maxConnections, tls, origins } = listen;
    if (kind === "rawSocket") {
      const options = { subprotocols, onTransport, maxFrameBytes, pingEveryMs, maxConnections };
      const door = acceptRawSockets(options, { clock });
      const server = tls ? createTlsServer(pemOf(tls, i)) : createNetServer();
      server.on(tls ? "secureConnection" : "connection", (socket) => door.handleConnection(socket));
      return { server, door };
    }
    const server = anHttpServer(listen, i);
    if (kind === "metrics") {
      server.on("request", ({ url, method }, response) => {
        const isOurs = (method === "GET" || method === "HEAD") && url === "/metrics";
        response.writeHead(isOurs ? 200 : 404, { "content-type": "text/plain; version=0.0.4" });
        response.end(isOurs ? metricsText(router, realms, connections()) : "See /metrics.\n");
      });
      return { server, door: { connections: 0, close() {} } };
    }
    const door = acceptWebSockets(
      { subprotocols, onTransport, maxFrameBytes, pingEveryMs, takesOrigin: takesOrigin(origins) },
      { clock },
    );
    server.on("upgrade", door.handleUpgrade);
    server.on("request", (_request, response) => {
      response.writeHead(426, { connection: "close", upgrade: "websocket" });
      response.end("A WAMP router: come by WebSocket.\n");
    });
    return { server, door };
  };
  const close = async (): Promise<void> => {
    for (const server of servers) server.close();
    router.close();
    const lastMs = clock.monotonicMs() + FAREWELL_MS;
    const left = () => doors.reduce((sum, door) => sum + door.connections, 0);
    while (left() > 0 && clock.monotonicMs() < lastMs) await sleep(clock, 20);
    for (const door of doors) door.close();
    for (const server of servers)
      if ("closeAllConnections" in server) (server as HttpServer).closeAllConnections();
  };
  try {
    for (const [i, listen] of config.listen.entries()) {
      const { server, door } = open(listen, i);
      await listening(server, listen, i);
      servers.push(server);
      doors.push(door);
      listeners.push({ kind: listen.kind, url: urlOf(server, listen) });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { router, listeners, close };
};
