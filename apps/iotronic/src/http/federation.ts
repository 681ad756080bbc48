// The two addresses that a browser goes through when somebody else's page signs a person in: away, and back.
import { fail } from "@s4t/contract";
import { isS4tError, type Log } from "@s4t/kit";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FederatedSignIn } from "../edge/federation.ts";
import { MAX_AGENT_LENGTH } from "./api.ts";
import { cookieOf } from "./authenticate.ts";
import type { Reached } from "./reached.ts";
import type { PlainRoute } from "./server.ts";

const TICKET_COOKIE = "s4t_oidc";
const TICKET_LIFE_S = 600;

/** Only ways within the portal: an address from outside must not lead elsewhere. */
const safeNext = (next: unknown): string =>
  typeof next === "string" && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : "/";

const loopbackOf = (query: Readonly<Record<string, unknown>>) => {
  const { loopback, challenge } = query;
  if (loopback === undefined) return null;
  const port = Number(loopback);
  if (!Number.isInteger(port) || port < 1024 || port > 65_535)
    throw fail("request.invalid", { where: "query/loopback", because: "must be a port" });
  if (typeof challenge !== "string" || !/^[\w-]{43}$/.test(challenge))
    throw fail("request.invalid", { where: "query/challenge", because: "must be a SHA-256" });
  return { port, challenge };
};

export interface FederationEdge {
  readonly federation: FederatedSignIn;
  readonly reached: Reached;
  readonly log: Log;
  /** The browser's cookie of a session. */
  readonly sessionCookie: (token: string, secure: boolean) => string;
}

/** Makes the routes. What goes wrong is told by the sign-in page. */
export const federationRoutes = ({
  federation,
  reached,
  log,
  sessionCookie,
}: FederationEdge): readonly PlainRoute[] => {
  const leave = (reply: FastifyReply, to: string) =>
    reply.code(302).header("location", to).header("cache-control", "no-store").send();
  const ticketCookie = (ticket: string, lifeS: number, secure: boolean): string =>
    `${TICKET_COOKIE}=${ticket}; Path=/api/oidc; HttpOnly; SameSite=Lax; Max-Age=${lifeS}${secure ? "; Secure" : ""}`;
  const tell = (reply: FastifyReply, error: unknown) => {
    if (!isS4tError(error)) throw error;
    if (error.code === "oidc.refused" || error.code === "oidc.unavailable")
      log.warn("A sign-in by a provider failed", { error });
    // By its code alone: a page that shows what its address says, says what anybody wants.
    return leave(reply, `/app/sign-in?problem=${error.code}`);
  };
  const askerOf = ({ socket, headers }: FastifyRequest) => ({
    address: socket.remoteAddress ?? null,
    agent: headers["user-agent"]?.slice(0, MAX_AGENT_LENGTH) ?? null,
  });
  const providerOf = ({ params }: FastifyRequest): string =>
    (params as { provider: string }).provider;

  return [
    {
      method: "GET",
      path: "/api/oidc/:provider",
      async handle(request, reply) {
        const query = request.query as Readonly<Record<string, unknown>>;
        // The cookie must be there when the browser comes back: it begins where it comes back to.
        if (reached(request) !== federation.origin())
          return leave(reply, `${federation.origin()}${request.url}`);
        try {
          const came = { next: safeNext(query.next), loopback: loopbackOf(query) };
          const { url, ticket } = await federation.begin(providerOf(request), came);
          const secure = "encrypted" in request.socket;
          reply.header("set-cookie", ticketCookie(ticket, TICKET_LIFE_S, secure));
          return leave(reply, url);
        } catch (error) {
          return tell(reply, error);
        }
      },
    },
    {
      method: "GET",
      path: "/api/oidc/:provider/callback",
      async handle(request, reply) {
        const secure = "encrypted" in request.socket;
        const ticket = cookieOf(request.headers, TICKET_COOKIE);
        const cleared = ticketCookie("", 0, secure);
        try {
          const at = request.url.indexOf("?");
          const { token, next } = await federation.finish(
            providerOf(request),
            ticket,
            at < 0 ? "" : request.url.slice(at),
            askerOf(request),
          );
          reply.header(
            "set-cookie",
            token === null ? [cleared] : [cleared, sessionCookie(token, secure)],
          );
          return leave(reply, token === null ? next : `/app${next}`);
        } catch (error) {
          reply.header("set-cookie", cleared);
          return tell(reply, error);
        }
      },
    },
  ];
};
