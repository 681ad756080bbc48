// The original's REST API: a translation of ours. A request becomes calls of `/api`'s own endpoints, in process, with the same
// actor, scope and validation, and their answers become the original's words. What differs is in `deviations.ts`.
import { randomUUID } from "node:crypto";
import { ALL_PROJECTS } from "@s4t/contract";
import { type Clock, isS4tError, type Log, parseJson } from "@s4t/kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Tracing } from "../../edge/trace.ts";
import type { Actor } from "../../policy/index.ts";
import { type Invoke, Patience } from "../api.ts";
import { TOKEN_HEADER } from "../authenticate.ts";
import { dropRest } from "../body-stream.ts";
import { type ForeignApi, pathIn } from "../foreign.ts";
import { challengeOf } from "../identity-v3/refusal.ts";
import { problemOf } from "../problem.ts";
import type { Reached } from "../reached.ts";
import { type Told, traced } from "../traced.ts";
import { allowOrigin } from "./cors.ts";
import { encodeFault, Fault, faultOf, invalid } from "./fault.ts";
import { createRouter, isV1, type Matched, nouns, pathOf } from "./router.ts";
import type { Members, Question, V1Request } from "./row.ts";
import { rows } from "./rows.ts";
import { isUuidLike } from "./values.ts";
import { requireVersion, servedHeaders, versionDocument, versionHeaders } from "./version.ts";
import { type WatchDependencies, watchBoard } from "./watch.ts";

/** How long a request may take: as long as the original waited for a board. */
export const V1_DEADLINE_MS = 120_000;
/** How much earlier than that an operation under way is no longer waited for, so that its number can still be told. */
export const V1_MARGIN_MS = 5_000;

export interface V1Dependencies extends WatchDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  readonly invoke: Invoke;
  readonly authenticate: (
    headers: FastifyRequest["headers"],
    changes: boolean,
  ) => Actor | Promise<Actor>;
  readonly reached: Reached;
  /** Where boards with the original agent connect; null where none is taken. */
  readonly originals: () => string | null;
  /** Where people are managed, and tokens are to be had; null: at `/identity` here. */
  readonly managedAt: string | null;
  /** Origins whose pages may ask. */
  readonly origins: ReadonlySet<string>;
}

const hostIn = (base: string): string => new URL(base).hostname.replace(/^\[|\]$/g, "");

const bodyOf = (request: FastifyRequest): Members => {
  if (request.method === "GET" || request.method === "HEAD" || request.method === "DELETE")
    return {};
  if (request.body === undefined || request.body === null || request.body === "") return {};
  if (typeof request.body !== "string")
    throw new Fault(415, "Unknown mimetype: send application/json.");
  let body: unknown;
  try {
    body = parseJson(request.body);
  } catch (error) {
    throw invalid(`Request is not in valid JSON format: ${isS4tError(error) ? error.message : ""}`);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw invalid("Request must be a JSON dict");
  return body as Members;
};

const queryOf = (request: FastifyRequest, { row }: Matched): Record<string, string> => {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.query as Record<string, unknown>)) {
    if (!row.query?.includes(name)) throw invalid(`Unknown argument: "${name.slice(0, 64)}"`);
    query[name] = String(Array.isArray(value) ? value.at(-1) : value);
  }
  return query;
};

/** Only tokens count: a cookie would let pages of others act. */
const withoutCookie = ({ authorization, [TOKEN_HEADER]: token }: FastifyRequest["headers"]) => ({
  ...(authorization === undefined ? {} : { authorization }),
  ...(token === undefined ? {} : { [TOKEN_HEADER]: token }),
});

const isUnauthorised = (error: unknown): boolean =>
  isS4tError(error) && ["auth.required", "auth.expired", "auth.failed"].includes(error.code);

/** Makes it. */
export const createIotronicV1 = (deps: V1Dependencies): ForeignApi => {
  const router = createRouter(rows);

  const send = (reply: FastifyReply, fault: Fault): FastifyReply => {
    if (fault.status === 503) reply.header("retry-after", "2");
    return reply
      .code(fault.status)
      .header("content-type", "application/json; charset=utf-8")
      .send(encodeFault(fault));
  };

  /** As Keystone's middleware, which stood in front of the original, refuses. */
  const sendUnauthorised = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    reply
      .code(401)
      .header("content-type", "application/json; charset=utf-8")
      .header(
        "www-authenticate",
        challengeOf(
          deps.managedAt === null ? `${deps.reached(request)}/identity` : `${deps.managedAt}/v3`,
        ),
      )
      .send(
        JSON.stringify({
          error: {
            code: 401,
            title: "Unauthorized",
            message: "The request you have made requires authentication.",
          },
        }),
      );

  const refuse = (
    error: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
    named = {},
  ): FastifyReply => {
    reply.headers(versionHeaders);
    if (!reply.hasHeader("openstack-request-id"))
      reply.header("openstack-request-id", `req-${randomUUID()}`);
    if (isUnauthorised(error)) return sendUnauthorised(request, reply);
    const fault = faultOf(error, named);
    if (fault) return send(reply, fault);
    const { status, body } = problemOf(error, deps.log);
    return send(reply, new Fault(status, body.title));
  };

  const actorOf = async (request: FastifyRequest): Promise<Actor> => ({
    ...(await deps.authenticate(withoutCookie(request.headers), false)),
    address: request.socket.remoteAddress ?? null,
  });

  const requestOf = (
    request: FastifyRequest,
    actor: Actor,
    path: readonly string[],
    matched: Matched,
    patience: Patience,
  ): V1Request => {
    const base = deps.reached(request);
    const { params } = matched;
    // An administrator reaches what an id names, wherever it is; names are those of the default project.
    const first = Object.values(params)[0] ?? "";
    const project = actor.admin && isUuidLike(first) ? ALL_PROJECTS : undefined;
    const secure = "encrypted" in request.socket;
    return {
      actor,
      params,
      query: queryOf(request, matched),
      body: bodyOf(request),
      path: `/${path.join("/")}`.replace(/\.json$/, ""),
      base,
      originals: deps.originals(),
      host: hostIn(base),
      get signal() {
        return patience.signal;
      },
      watch: (board, limitMs) => watchBoard(deps, board, { limitMs, signal: patience.signal }),
      ask: (endpoint, { wait = false, ...question }: Question<typeof endpoint> = {}) =>
        deps.invoke(endpoint, {
          actor,
          project,
          ...question,
          signal: patience.signal,
          waitMs: wait ? V1_DEADLINE_MS - V1_MARGIN_MS : undefined,
          secure,
        }),
    };
  };

  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    path: readonly string[],
    method: string,
    told: Told,
  ): Promise<FastifyReply> => {
    if (path.length === 1) {
      if (method !== "GET") throw new Fault(405, "The method is not allowed here.");
      requireVersion(request.headers);
      return reply.headers(servedHeaders).send(versionDocument(deps.reached(request)));
    }
    const actor = await actorOf(request);
    told.known();
    requireVersion(request.headers);
    const matched = router.find(method, path);
    if (!("row" in matched)) {
      if (matched.length === 0) throw new Fault(404, "The resource could not be found.");
      reply.header("allow", matched.join(", "));
      throw new Fault(405, "The method is not allowed here.");
    }
    told.route(matched.row.path);
    using patience = new Patience(deps.clock, V1_DEADLINE_MS, reply.raw);
    const asked = requestOf(request, actor, path, matched, patience);
    try {
      const body = await matched.row.answer(asked);
      told.answer(reply);
      reply.headers(servedHeaders).code(matched.row.status ?? 200);
      if (matched.row.status === 204) return reply.send();
      return reply
        .header("content-type", "application/json; charset=utf-8")
        .send(JSON.stringify(body ?? null));
    } catch (error) {
      told.answer(reply);
      return refuse(error, request, reply, { ...texts(asked.body), ...asked.params });
    }
  };

  const attempt = async (
    request: FastifyRequest,
    reply: FastifyReply,
    told: Told,
  ): Promise<FastifyReply> => {
    reply.headers(versionHeaders).header("openstack-request-id", `req-${randomUUID()}`);
    try {
      if (allowOrigin(deps.origins, request, reply)) return reply.code(204).send();
      const path = pathOf(pathIn(request.url));
      if (!path) throw invalid("The address is damaged.");
      const method = request.method === "HEAD" ? "GET" : request.method;
      return await answer(request, reply, path, method, told);
    } catch (error) {
      told.answer(reply);
      if (!(await dropRest(request.raw, deps.clock))) reply.header("connection", "close");
      return refuse(error, request, reply);
    }
  };

  const handle = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    traced(deps.tracing, request, reply, `${request.method} /v1`, (told) =>
      attempt(request, reply, told),
    );
  return {
    owns: isV1,
    // Each address takes every method: which there are is known to the rows.
    methodsAt: () => [],
    refuse,
    mount(server) {
      const paths = nouns.flatMap((noun) => [`/${noun}`, `/${noun}.json`, `/${noun}/*`]);
      for (const url of ["/v1", "/v1.json", "/v1/*", ...paths])
        server.route({
          method: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
          url,
          handler: handle,
        });
    },
  };
};

/** What a body names by text. */
const texts = (body: Members): Record<string, string> =>
  Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value.slice(0, 100)]] : [],
    ),
  );
