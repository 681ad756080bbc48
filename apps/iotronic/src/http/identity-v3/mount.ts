// `/identity/v3` (OpenStack's Identity API): a translation of the identity module's verbs, for clients that know no other. It has
// Keystone's own paths, headers and refusals; what stands behind each is what stands behind `/api`.
import { randomUUID } from "node:crypto";
import { fail, rest } from "@s4t/contract";
import { type Clock, isS4tError, type Log, parseJson } from "@s4t/kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { IdentityVerbs } from "../../edge/identity.ts";
import type { Actor } from "../../policy/index.ts";
import { type ApiDependencies, nobody } from "../api.ts";
import type { ForeignApi } from "../foreign.ts";
import { compileCheck } from "../parse.ts";
import type { Reached } from "../reached.ts";
import { type Told, traced } from "../traced.ts";
import { authRoutes } from "./auth.ts";
import { IDENTITY_PREFIX } from "./catalogue.ts";
import { credentialRoutes } from "./credentials.ts";
import { directoryRoutes } from "./directory.ts";
import { refusalOf } from "./refusal.ts";
import type { V3Answer, V3Request, V3Route } from "./row.ts";
import { versionOf } from "./version.ts";

export interface IdentityV3Options {
  readonly identity: IdentityVerbs;
  readonly reached: Reached;
  readonly region: string;
  readonly clock: Clock;
  readonly log: Log;
}

const lastOf = (value: unknown): string | undefined =>
  Array.isArray(value) ? String(value.at(-1) ?? "") : (value as string | undefined);

/** The last value of each name of a query, in an object without a prototype. */
const queryOf = (request: FastifyRequest): Record<string, string | undefined> =>
  Object.assign(
    Object.create(null),
    Object.fromEntries(
      Object.entries(request.query as Record<string, unknown>).map(([name, value]) => [
        name,
        lastOf(value),
      ]),
    ),
  );

const bodyOf = (request: FastifyRequest): unknown => {
  if (typeof request.body !== "string" || request.body === "")
    throw fail("request.malformed", { because: "there is no JSON body" });
  return parseJson(request.body);
};

const send = (reply: FastifyReply, { status = 200, headers = {}, body }: V3Answer) => {
  reply.code(status).headers(headers);
  if (body === undefined) return reply.send();
  // As bytes: Fastify would add a charset, which Keystone's answers do not have.
  return reply.type("application/json").send(Buffer.from(JSON.stringify(body)));
};

/** Paths that are served, and by what. */
const allowedAt = (routes: readonly V3Route[]) => {
  const rows = routes.map(({ method, path }) => ({
    methods: method === "GET" ? ["GET", "HEAD"] : [method],
    path: new RegExp(`^${IDENTITY_PREFIX}/v3${path.replace(/:\w+/g, "[^/]+")}/?$`),
  }));
  return (path: string): string[] => [
    ...new Set(rows.filter((row) => row.path.test(path)).flatMap(({ methods }) => methods)),
  ];
};

const versionRoutes: readonly V3Route[] = [
  {
    method: "GET",
    path: "",
    access: "public",
    handle: (request) => ({ body: { version: versionOf(request) } }),
  },
];

/** Headers of every answer, a refusal's too. */
export const v3Headers = (): Readonly<Record<string, string>> => {
  const id = `req-${randomUUID()}`;
  return {
    ...{ "x-openstack-request-id": id, "openstack-request-id": id },
    ...{ vary: "X-Auth-Token", "cache-control": "no-store" },
  };
};

/** Whether a path is beneath `/identity`. */
export const isIdentity = (path: string): boolean =>
  path === IDENTITY_PREFIX || path.startsWith(`${IDENTITY_PREFIX}/`);

/** Everything beneath `/identity`. */
export const identityV3 = ({
  identity,
  reached,
  region,
  clock,
  log,
}: IdentityV3Options): ForeignApi => {
  const routes: readonly V3Route[] = [
    ...versionRoutes,
    ...authRoutes(identity, region),
    ...directoryRoutes(identity.directory, region),
    ...credentialRoutes(
      identity,
      () => clock.now(),
      compileCheck(rest.credentials.create.body) as never,
    ),
  ];
  const placeOf = (request: FastifyRequest) => {
    const origin = reached(request);
    return { origin, base: `${origin}${IDENTITY_PREFIX}/v3` };
  };
  const refuse: ForeignApi["refuse"] = (error, request, reply) => {
    if (!reply.hasHeader("openstack-request-id")) reply.headers(v3Headers());
    return send(reply, refusalOf(error, placeOf(request).base, log));
  };

  const mount = (server: Parameters<ForeignApi["mount"]>[0], deps: ApiDependencies): void => {
    server.addHook("onRequest", (_request, reply, done) => {
      reply.headers(v3Headers());
      done();
    });

    const answer = async (
      route: V3Route,
      request: FastifyRequest,
      reply: FastifyReply,
      told: Told,
    ) => {
      const address = request.socket.remoteAddress ?? null;
      let actor: Actor = { ...nobody, address };
      try {
        if (route.access === "actor") {
          const found = await deps.authenticate(request.headers, route.method !== "GET");
          actor = { ...found, address };
          told.known();
        }
        const asked: V3Request = {
          actor,
          params: request.params as Record<string, string>,
          query: queryOf(request),
          body: () => bodyOf(request),
          header: (name) => lastOf(request.headers[name]),
          address,
          ...placeOf(request),
        };
        const answered = await route.handle(asked);
        told.answer(reply);
        return send(reply, answered);
      } catch (error) {
        told.answer(reply);
        if (isS4tError(error, "policy.denied"))
          deps.onDenied(actor, String((error.details as { action?: string }).action));
        return refuse(error, request, reply);
      }
    };

    for (const route of routes) {
      const path = `${IDENTITY_PREFIX}/v3${route.path}`;
      const handler = (request: FastifyRequest, reply: FastifyReply) =>
        traced(deps.tracing, request, reply, `${route.method} ${path}`, (told) => {
          told.route(path);
          return answer(route, request, reply, told);
        });
      for (const slash of ["", "/"])
        server.route({ method: route.method, url: path + slash, handler });
    }
    const versions = (request: FastifyRequest, reply: FastifyReply) =>
      send(reply, {
        status: 300,
        body: { versions: { values: [versionOf(placeOf(request))] } },
      });
    for (const slash of ["", "/"])
      server.route({ method: "GET", url: IDENTITY_PREFIX + slash, handler: versions });
  };
  return { owns: isIdentity, methodsAt: allowedAt(routes), refuse, mount };
};
