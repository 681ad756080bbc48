// A route of the contract as the server runs it: authenticate, scope, parse, call, answer. The same steps for every endpoint.
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import {
  ALL_PROJECTS,
  type BodyOf,
  type Endpoint,
  fail,
  type ParamsOf,
  PROJECT_HEADER,
  type ProjectId,
  type QueryOf,
  type ReplyOf,
} from "@s4t/contract";
import {
  Bug,
  type Clock,
  createDeadline,
  type Deadline,
  isS4tError,
  type Log,
  parseJson,
} from "@s4t/kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Company } from "../edge/company.ts";
import type { KeptAnswer, Repeats } from "../edge/repeats.ts";
import { Answer, type ByteStream, type Call, type Route } from "../edge/routes.ts";
import type { Tracing } from "../edge/trace.ts";
import {
  type Action,
  type Actor,
  delegatedOn,
  denied,
  everything,
  maySomewhere,
  type Scope,
  scopeFor,
  systemActor,
} from "../policy/index.ts";
import { bodyStreamOf, dropRest } from "./body-stream.ts";
import {
  compileCheck,
  compileCoercion,
  headerOf,
  parseIdempotencyKey,
  parseIfMatch,
  parseWait,
} from "./parse.ts";
import { previewOf } from "./previewed.ts";
import { encodeProblem, problemOf } from "./problem.ts";
import { type Told, traced } from "./traced.ts";

/** How long a request may take unless it asks to wait. */
export const REQUEST_DEADLINE_MS = 30_000;

/** Longest name of a program that is kept: browsers have about so long ones. */
export const MAX_AGENT_LENGTH = 200;

/** Says of an answer that it is the first one's, to a request with the same idempotency key. */
export const REPLAYED_HEADER = "idempotency-replayed";

export interface ApiDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  readonly authenticate: (
    headers: FastifyRequest["headers"],
    changes: boolean,
  ) => Actor | Promise<Actor>;
  /** Id of a project named by id or name. */
  readonly resolveProject: (idOrName: string) => Promise<ProjectId | undefined>;
  readonly repeats: Repeats;
  /** Does and undoes, for previews. */
  readonly tried: Company["tried"];
  /** Hears of every refusal by policy. */
  readonly onDenied: (actor: Actor, action: string) => void;
  /** Hears of every use of a delegation before it; what is not on record is not done. */
  readonly onDelegated: (actor: Actor, action: string) => Promise<void>;
}

/** Who asks before anybody knows who it is. */
export const nobody: Actor = {
  ...systemActor,
  kind: "user",
  uuid: "anonymous",
  name: "anonymous",
  admin: false,
};

const boardPath = /^\/api\/boards\/\{uuid\}(?:\/|$)/;

/** Who a request is from and what it may see: by a role, or by what was delegated of the board that its path names. */
const admit = async (
  endpoint: Endpoint,
  actor: Actor,
  wanted: string | undefined,
  params: unknown,
  deps: ApiDependencies,
): Promise<{ readonly actor: Actor; readonly scope: Scope }> => {
  if (actor.delegated?.length && endpoint.scope === "project" && boardPath.test(endpoint.path)) {
    const { uuid } = params as { uuid: string };
    const acting = delegatedOn(actor, endpoint.action as Action, uuid, deps.clock.now());
    if (acting) {
      await deps.onDelegated(acting.actor, endpoint.action);
      return acting;
    }
  }
  return { actor, scope: await scopeOf(endpoint, actor, wanted, deps) };
};

const scopeOf = async (
  endpoint: Endpoint,
  actor: Actor,
  wanted: string | undefined,
  deps: ApiDependencies,
): Promise<Scope> => {
  if (endpoint.scope === "public") return everything;
  const action = endpoint.action as Action;
  if (endpoint.scope !== "project") {
    if (!maySomewhere(actor, action)) throw denied(action);
    return everything;
  }
  if (wanted === undefined || wanted === ALL_PROJECTS) return scopeFor(actor, action, wanted);
  const project = await deps.resolveProject(wanted);
  if (project === undefined) throw fail("project.not-found");
  return scopeFor(actor, action, project);
};

const isPreviewed = (query: Readonly<Record<string, unknown>>): boolean => {
  const { preview } = query;
  if (preview !== undefined && preview !== "true" && preview !== "false")
    throw fail("request.invalid", { where: "query/preview", because: "must be true or false" });
  return preview === "true";
};

const isByteStream = (value: unknown): value is ByteStream =>
  typeof value === "object" && value !== null && "bytes" in value && "mediaType" in value;

const send = (reply: FastifyReply, endpoint: Endpoint, answer: unknown): FastifyReply => {
  const special = answer instanceof Answer ? answer : undefined;
  const body: unknown = special ? special.body : answer;
  const status = special?.status ?? endpoint.status ?? 200;
  if (special) reply.headers(special.headers);
  reply.code(status);
  if (isByteStream(body)) {
    reply
      .header("content-type", body.mediaType)
      .header("content-disposition", `attachment; filename="${body.fileName}"`);
    return reply.send(Readable.from(body.bytes));
  }
  if (status === 204) return reply.send();
  const rev = (body as { rev?: unknown } | null)?.rev;
  if (typeof rev === "number") reply.header("etag", `"${rev}"`);
  return reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(body));
};

/** What of an answer is kept for who asks again; bytes are not. */
const keptOf = (answer: unknown): KeptAnswer | undefined => {
  const special = answer instanceof Answer ? answer : undefined;
  const body: unknown = special ? special.body : answer;
  if (isByteStream(body)) return undefined;
  return { status: special?.status, headers: special?.headers ?? {}, body };
};

/** Bodies arrive as text and are parsed here, so that every refusal is ours. An absent body is an empty object. */
const bodyOf = (request: FastifyRequest): unknown => {
  if (request.body === undefined || request.body === null || request.body === "") return {};
  if (typeof request.body !== "string") throw fail("request.unsupported-media");
  return parseJson(request.body);
};

/** How long a request is worked at: until its deadline, or until its client leaves. Made when somebody asks: reads rarely do. */
export class Patience implements Disposable {
  readonly #clock: Clock;
  readonly #endsMs: number;
  readonly #response: ServerResponse;
  #deadline: Deadline | undefined;

  constructor(clock: Clock, timeoutMs: number, response: ServerResponse) {
    this.#clock = clock;
    this.#endsMs = clock.monotonicMs() + timeoutMs;
    this.#response = response;
  }

  get signal(): AbortSignal {
    if (this.#deadline) return this.#deadline.signal;
    const left = new AbortController();
    const leave = (): void => {
      if (!this.#response.writableFinished) left.abort(fail("request.canceled"));
    };
    if (this.#response.closed) leave();
    else this.#response.once("close", leave);
    const leftMs = Math.max(0, this.#endsMs - this.#clock.monotonicMs());
    this.#deadline = createDeadline(this.#clock, leftMs, left.signal);
    return this.#deadline.signal;
  }

  [Symbol.dispose](): void {
    this.#deadline?.[Symbol.dispose]();
  }
}

/** A request that another edge makes of an endpoint: typed values instead of texts, everything else as if it had come by `/api`. */
export interface Invocation<E extends Endpoint> {
  readonly actor: Actor;
  /** As the header `s4t-project` would say it: id, name, or {@link ALL_PROJECTS}. */
  readonly project?: string | undefined;
  readonly params?: ParamsOf<E>;
  readonly query?: QueryOf<E>;
  readonly body?: BodyOf<E>;
  readonly signal: AbortSignal;
  readonly ifMatch?: number | undefined;
  readonly waitMs?: number | undefined;
  readonly secure: boolean;
  /** The bytes, for endpoints that take a stream. */
  readonly bytes?: AsyncIterable<Uint8Array>;
}

/** Asks an endpoint in process: same scope, policy and validation as `/api`, and the body of its answer. */
export interface Invoke {
  <E extends Endpoint>(endpoint: E, invocation: Invocation<E>): Promise<ReplyOf<E>>;
  /** Throws `request.invalid` for what the endpoint would not take. */
  check(endpoint: Endpoint, given: { readonly params: unknown; readonly body: unknown }): void;
}

/** Makes it, over all routes of the contract that there are. */
export const createInvoke = (routes: readonly Route[], deps: ApiDependencies): Invoke => {
  const made = new Map(
    routes.map((route) => {
      const { params, query, body } = route.endpoint;
      const checks = {
        params: params && compileCheck(params),
        query: query && compileCheck(query),
        body: body && compileCheck(body),
      };
      return [route.endpoint, { route, checks }] as const;
    }),
  );
  const known = (endpoint: Endpoint) => {
    const found = made.get(endpoint);
    if (!found) throw new Bug(`no route answers ${endpoint.method} ${endpoint.path}`);
    return found;
  };
  const invoke = async <E extends Endpoint>(
    endpoint: E,
    asked: Invocation<E>,
  ): Promise<ReplyOf<E>> => {
    const { actor, project, signal, ifMatch, waitMs, secure, bytes } = asked;
    const { route, checks } = known(endpoint);
    try {
      const params = checks.params?.(asked.params, "path");
      const answer = await route.handle({
        ...(await admit(endpoint, actor, project, params, deps)),
        params: params as never,
        query: checks.query?.(asked.query ?? {}, "query") as never,
        body: checks.body?.(asked.body ?? {}, "body") as never,
        signal,
        ifMatch,
        waitMs,
        secure,
        agent: null,
        stream: () => bytes as AsyncIterable<Uint8Array>,
      });
      return (answer instanceof Answer ? answer.body : answer) as ReplyOf<typeof endpoint>;
    } catch (error) {
      if (isS4tError(error, "policy.denied")) deps.onDenied(actor, endpoint.action);
      throw error;
    }
  };
  return Object.assign(invoke, {
    check(
      endpoint: Endpoint,
      { params, body }: { readonly params: unknown; readonly body: unknown },
    ) {
      const { checks } = known(endpoint);
      checks.params?.(params, "path");
      if (checks.body) checks.body(body, "body");
      else if (Object.keys((body ?? {}) as object).length > 0)
        throw fail("request.invalid", { where: "body", because: "must not be there" });
    },
  });
};

/** Makes the handler of one route. */
export const createHandler = (route: Route, deps: ApiDependencies) => {
  const { endpoint } = route;
  const checkParams = endpoint.params && compileCheck(endpoint.params);
  const checkQuery = endpoint.query && compileCheck(endpoint.query);
  const coerce = compileCoercion(endpoint.query as Parameters<typeof compileCoercion>[0]);
  const checkBody = endpoint.body && compileCheck(endpoint.body);
  const changes = endpoint.method !== "GET";

  const call = async (
    request: FastifyRequest,
    reply: FastifyReply,
    asking: Actor,
  ): Promise<FastifyReply> => {
    const query = request.query as Record<string, unknown>;
    const previewed = endpoint.preview === true && isPreviewed(query);
    if (endpoint.preview) delete query.preview;
    const project = headerOf(request, PROJECT_HEADER);
    const { actor, scope } = await admit(endpoint, asking, project, request.params, deps);
    const waitMs = parseWait(headerOf(request, "prefer"));
    const ifMatch = parseIfMatch(request.headers["if-match"]);
    if (ifMatch !== undefined && changes && !endpoint.revised)
      throw fail("request.invalid", {
        where: "header If-Match",
        because: "what this changes has no revision",
      });
    using patience = new Patience(deps.clock, REQUEST_DEADLINE_MS + (waitMs ?? 0), reply.raw);
    const made: Call<Endpoint> = {
      actor,
      scope,
      params: checkParams?.(request.params, "path") as never,
      query: checkQuery?.(coerce(query), "query") as never,
      body: (checkBody ? checkBody(bodyOf(request), "body") : undefined) as never,
      get signal() {
        return patience.signal;
      },
      ifMatch,
      waitMs,
      secure: "encrypted" in request.socket,
      agent: headerOf(request, "user-agent")?.slice(0, MAX_AGENT_LENGTH) ?? null,
      stream: () => bodyStreamOf(request.body),
    };
    if (previewed)
      return send(reply, endpoint, new Answer(await previewOf(route, made, deps), { status: 200 }));
    const key =
      endpoint.method === "POST" && endpoint.body && endpoint.action !== "public"
        ? parseIdempotencyKey(headerOf(request, "idempotency-key"))
        : undefined;
    if (key === undefined) return send(reply, endpoint, await route.handle(made));
    const said = [
      endpoint.method,
      endpoint.path,
      scope.projects,
      made.params,
      made.query,
      made.body,
    ];
    let first: unknown;
    const { answer, replayed } = await deps.repeats.once(
      actor,
      key,
      JSON.stringify(said),
      async () => {
        first = await route.handle(made);
        return keptOf(first);
      },
    );
    if (!replayed) return send(reply, endpoint, first);
    reply.header(REPLAYED_HEADER, "true");
    const { body, ...options } = answer as KeptAnswer;
    return send(
      reply,
      endpoint,
      new Answer(body, options as ConstructorParameters<typeof Answer>[1]),
    );
  };

  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    told: Told,
  ): Promise<FastifyReply> => {
    told.route(endpoint.path);
    const address = request.socket.remoteAddress ?? null;
    let actor: Actor = { ...nobody, address };
    try {
      if (endpoint.action !== "public") {
        const found = deps.authenticate(request.headers, changes);
        actor = { ...(found instanceof Promise ? await found : found), address };
        told.known();
      }
      told.answer(reply);
      return await call(request, reply, actor);
    } catch (error) {
      if (isS4tError(error, "policy.denied")) deps.onDenied(actor, endpoint.action);
      told.answer(reply);
      const problem = problemOf(error, deps.log);
      if (!(await dropRest(request.raw, deps.clock))) reply.header("connection", "close");
      return reply.code(problem.status).headers(problem.headers).send(encodeProblem(problem));
    }
  };

  const name = `${endpoint.method} ${endpoint.path}`;
  return (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    traced(deps.tracing, request, reply, name, (told) => answer(request, reply, told));
};
