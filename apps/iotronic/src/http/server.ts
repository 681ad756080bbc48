// The HTTP server: one socket for loopback, one more with TLS where the cloud listens beyond. It knows the contract's form of
// routes and no module; everything that it serves is handed to it.
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { Server as TlsServer } from "node:tls";
import { endpoints, fail } from "@s4t/contract";
import { Bug, type Log, type Part } from "@s4t/kit";
import { hangUp } from "@s4t/kit/node";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import type { Route } from "../edge/routes.ts";
import { type ApiDependencies, createHandler } from "./api.ts";
import { type ForeignApi, pathIn } from "./foreign.ts";
import { type HandshakeCounts, queueHandshakes } from "./handshakes.ts";
import { cutInactive } from "./inactivity.ts";
import { createListeners } from "./listeners.ts";
import { type Exposition, handshakeMetrics, httpMetrics } from "./metrics.ts";
import { openApiOf } from "./openapi.ts";
import { mountPages } from "./pages.ts";
import { encodeProblem, problemOf } from "./problem.ts";

/** Largest body of a request but for streams: a thousand labels fit many times. */
export const MAX_BODY_BYTES = 1_048_576;
/** Largest stream: a backup that is restored. */
export const MAX_STREAM_BYTES = 68_719_476_736;
/** A client that sends its headers slower than this is cut off. */
export const HEADERS_TIMEOUT_MS = 10_000;
/** How often connections are looked at for such clients. */
export const HEADERS_CHECK_MS = 2_000;
/** Connections at once; boards count too. */
export const MAX_CONNECTIONS = 20_000;
/** A client that does not finish its TLS handshake by then is cut off. */
export const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;
/**
 * For how long a client may take its TLS session up again, the longest that TLS 1.3 allows (RFC 8446, 4.6.1): links last for days, and
 * a fleet that loses them all at once comes back at half the cost. What it proves is the server alone: boards sign anew at each join.
 */
export const TLS_SESSION_LIFE_S = 604_800;
/** How long requests under way and WebSockets get when the cloud stops. */
export const STOP_GRACE_MS = 1_000;

/** What takes over a connection that asks for `Upgrade: websocket`. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A handler beside the contract's: files for installation, a board's backlog. It answers by itself. */
export interface PlainRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> | unknown;
}

/** What TLS is served with, PEM. */
export interface TlsCredentials {
  readonly key: string;
  /** The certificate, and those that lead to an authority. */
  readonly chain: string;
}

export interface ServerOptions {
  readonly port: number;
  /** A second address, with TLS. */
  readonly tls: { readonly host: string; readonly credentials: TlsCredentials } | null;
  readonly portalFolder: string;
  readonly name: string;
}

export interface ServerDependencies extends ApiDependencies {
  readonly routes: readonly Route[];
  readonly plainRoutes: readonly PlainRoute[];
  /** The path that is meant by the one that is asked for. */
  readonly rewrite: (url: string) => string;
  readonly foreign: readonly ForeignApi[];
  readonly upgrades: Readonly<Record<string, UpgradeHandler>>;
  /** Whether everything is up: `/readyz`. */
  readonly isReady: () => boolean;
  /** How what the cloud stands on is, beside that: it is ready without, for who is known already. */
  readonly around: () => Readonly<Record<string, string>>;
  readonly metrics: Exposition;
  /** Whether a request may read the metrics. */
  readonly mayReadMetrics: (request: FastifyRequest) => boolean | Promise<boolean>;
}

export interface HttpServer extends Part {
  /** Port in use, after the start. */
  port(): number;
  /** Serves new connections with another certificate from now on. */
  renew(credentials: TlsCredentials): void;
  readonly fastify: FastifyInstance;
}

const mountOperational = (server: FastifyInstance, deps: ServerDependencies): void => {
  server.get("/healthz", (_request, reply) => reply.send({ status: "ok" }));
  server.get("/readyz", (_request, reply) => {
    const ready = deps.isReady();
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? "ready" : "starting", ...deps.around() });
  });
  server.get("/metrics", async (request, reply) => {
    if (!(await deps.mayReadMetrics(request))) throw fail("auth.required");
    return reply.type(deps.metrics.contentType).send(await deps.metrics.text());
  });
};

const mountObservers = (server: FastifyInstance, deps: ServerDependencies): void => {
  const { requests } = httpMetrics(deps.metrics);
  server.addHook("onRequest", (request, reply, done) => {
    reply
      .header("x-content-type-options", "nosniff")
      .header("referrer-policy", "no-referrer")
      .header("x-frame-options", "DENY");
    if ("encrypted" in request.socket)
      reply.header("strict-transport-security", "max-age=31536000");
    done();
  });
  server.addHook("onResponse", (request, reply, done) => {
    const { method } = request;
    const { elapsedTime, statusCode } = reply;
    requests.observe(
      { method, route: request.routeOptions.url ?? "none", status: String(statusCode) },
      elapsedTime / 1_000,
    );
    deps.log.debug("request", {
      method,
      path: request.url.split("?", 1)[0],
      status: statusCode,
      ms: Math.round(elapsedTime),
      address: request.socket.remoteAddress,
    });
    done();
  });
};

/** What is not HTTP at all, or has headers beyond measure: answered as well as can be, and hung up on. */
const onClientError = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const isLarge = error.code === "HPE_HEADER_OVERFLOW";
  const code = isLarge ? "request.too-large" : "request.malformed";
  const line = isLarge ? "431 Request Header Fields Too Large" : "400 Bad Request";
  hangUp(
    socket,
    `HTTP/1.1 ${line}\r\nconnection: close\r\ncontent-type: application/problem+json\r\n\r\n${JSON.stringify(
      {
        type: `urn:s4t:error:${code}`,
        title: isLarge ? "The headers are too large." : "This is not an HTTP request.",
        status: isLarge ? 431 : 400,
        code,
        retryable: false,
      },
    )}`,
  );
};

const methodsByPath = (routes: readonly Route[]) => {
  const expressions = routes.map(({ endpoint }) => ({
    method: endpoint.method,
    path: new RegExp(`^${endpoint.path.replace(/\{\w+\}/g, "[^/]+")}$`),
  }));
  return (path: string): string[] => [
    ...new Set(expressions.filter((row) => row.path.test(path)).map((row) => row.method)),
  ];
};

const sendProblem = (error: unknown, reply: FastifyReply, log: Log): FastifyReply => {
  const problem = problemOf(error, log);
  return reply.code(problem.status).headers(problem.headers).send(encodeProblem(problem));
};

const ownerOf = (path: string, { foreign }: Pick<ServerDependencies, "foreign">) =>
  foreign.find((each) => each.owns(path));

/** Refuses in the words of whoever the address belongs to. */
const refuse = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ServerDependencies,
): FastifyReply => {
  const owner = ownerOf(pathIn(request.url), deps);
  return owner ? owner.refuse(error, request, reply) : sendProblem(error, reply, deps.log);
};

/** What Fastify found wrong with a request, as an error of ours. */
const meantBy = (error: unknown): unknown => {
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return fail("request.too-large", { limitBytes: MAX_BODY_BYTES });
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return fail("request.unsupported-media");
  return statusCode === 400
    ? fail("request.malformed", { because: "the request is damaged" }, error)
    : error;
};

const mountRefusals = (server: FastifyInstance, deps: ServerDependencies): void => {
  server.setErrorHandler((error, request, reply) => refuse(meantBy(error), request, reply, deps));
  const methodsOf = methodsByPath(deps.routes);
  server.setNotFoundHandler((request, reply) => {
    const path = pathIn(request.url);
    const allowed = ownerOf(path, deps)?.methodsAt(path) ?? methodsOf(path);
    if (allowed.length === 0) return refuse(fail("request.not-found"), request, reply, deps);
    reply.header("allow", allowed.join(", "));
    return refuse(fail("request.method-not-allowed"), request, reply, deps);
  });
};

/** Makes the server. */
export const createHttpServer = (options: ServerOptions, deps: ServerDependencies): HttpServer => {
  const sockets = new Set<Duplex>();
  // One for all: ten thousand boards would keep ten thousand of them.
  function forget(this: Duplex): void {
    sockets.delete(this);
  }
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const upgrade = Object.hasOwn(deps.upgrades, path) ? deps.upgrades[path] : undefined;
    if (upgrade && deps.isReady()) {
      upgrade(request, socket, head);
      return;
    }
    const status = upgrade ? "503 Service Unavailable\r\nretry-after: 1" : "404 Not Found";
    hangUp(socket, `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  };
  const prepare = (made: Server): Server => {
    made.headersTimeout = HEADERS_TIMEOUT_MS;
    made.requestTimeout = 0; // a restore may take long; other bodies are bounded by their size
    made.keepAliveTimeout = 65_000;
    cutInactive(made);
    made.on("connection", (socket: Duplex) => {
      sockets.add(socket);
      socket.on("close", forget);
    });
    made.on("upgrade", onUpgrade);
    made.on("clientError", onClientError);
    return made;
  };
  const secureOptions = ({ key, chain }: TlsCredentials) =>
    ({
      ...{ key, cert: chain, minVersion: "TLSv1.2" as const },
      sessionTimeout: TLS_SESSION_LIFE_S,
    }) as const;
  let handshakes: (() => HandshakeCounts) | undefined;
  handshakeMetrics(deps.metrics, () => handshakes?.() ?? { underWay: 0, waiting: 0 });
  let plain: Server | undefined;
  let secure: (Server & Pick<TlsServer, "setSecureContext">) | undefined;

  const server = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    rewriteUrl: (request) => deps.rewrite(request.url ?? "/"),
    clientErrorHandler: () => {}, // `prepare` listens, at both servers
    frameworkErrors: (error, request, given) => {
      const damaged = fail("request.malformed", { because: "the address is damaged" }, error);
      refuse(damaged, request, given as unknown as FastifyReply, deps);
    },
    serverFactory: (handler) => {
      const times = { connectionsCheckingInterval: HEADERS_CHECK_MS };
      plain = prepare(createServer(times, handler));
      if (options.tls) {
        const { credentials } = options.tls;
        const handshakeTimeout = TLS_HANDSHAKE_TIMEOUT_MS;
        const made = createTlsServer(
          { ...times, ...secureOptions(credentials), handshakeTimeout },
          handler,
        );
        secure = prepare(made as unknown as Server) as typeof secure;
        handshakes = queueHandshakes(made, deps.clock);
      }
      return plain;
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) =>
    done(null, body),
  );
  server.addContentTypeParser(
    "application/octet-stream",
    { bodyLimit: MAX_STREAM_BYTES },
    (_request, payload, done) => done(null, payload),
  );
  mountRefusals(server, deps);
  mountObservers(server, deps);
  mountOperational(server, deps);
  mountPages(server, {
    portalFolder: options.portalFolder,
    name: options.name,
    openapi: () => openApiOf(endpoints, options.name),
  });
  for (const route of deps.routes)
    server.route({
      method: route.endpoint.method,
      url: route.endpoint.path.replace(/\{(\w+)\}/g, ":$1"),
      handler: createHandler(route, deps),
    });
  for (const { method, path, handle } of deps.plainRoutes)
    server.route({ method, url: path, handler: async (request, reply) => handle(request, reply) });

  for (const api of deps.foreign)
    server.register((child, _options, done) => {
      api.mount(child, deps);
      done();
    });

  if (!plain) throw new Bug("the server's factory was not called");
  const listeners = createListeners({
    port: options.port,
    plain,
    secure: options.tls && secure ? { server: secure, host: options.tls.host } : null,
    maxConnections: MAX_CONNECTIONS,
  });
  return {
    name: "http",
    fastify: server,
    port: listeners.port,
    renew: (credentials) => secure?.setSecureContext(secureOptions(credentials)),
    async start() {
      await server.ready();
      await listeners.open();
    },
    async stop() {
      const closed = listeners.close();
      for (const each of [plain, secure]) each?.closeIdleConnections();
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, STOP_GRACE_MS);
      await closed;
      clearTimeout(cut);
      await server.close();
    },
  };
};
