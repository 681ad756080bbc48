// Pages of other origins, where the cloud's settings name them. There are no cookies at this edge: a page needs a token.
import type { FastifyReply, FastifyRequest } from "fastify";

const methods = "GET, PUT, POST, DELETE, PATCH";
const versions =
  "X-OpenStack-Iotronic-API-Minimum-Version, X-OpenStack-Iotronic-API-Maximum-Version, X-OpenStack-Iotronic-API-Version";
const allowed = `Content-Type, Authorization, X-Auth-Token, X-Identity-Status, X-Roles, X-Service-Catalog, X-User-Id, X-Tenant-Id, X-OpenStack-Request-ID, ${versions}`;
/** How long a browser may remember what it was allowed. */
export const PREFLIGHT_S = 3_600;

/** `https://a.example, https://b.example` → origins. */
export const originsOf = (setting: string | null): ReadonlySet<string> =>
  new Set(
    (setting ?? "")
      .split(",")
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ""),
  );

/** Adds what a page of that origin may read. Answers whether the request was only a question. */
export const allowOrigin = (
  origins: ReadonlySet<string>,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean => {
  const { origin } = request.headers;
  const isAllowed = origin !== undefined && (origins.has(origin) || origins.has("*"));
  if (origins.size > 0) reply.header("vary", "Origin");
  if (isAllowed)
    reply
      .header("access-control-allow-origin", origin)
      .header("access-control-expose-headers", versions);
  if (request.method !== "OPTIONS") return false;
  if (isAllowed)
    reply
      .header("access-control-allow-methods", methods)
      .header("access-control-allow-headers", allowed)
      .header("access-control-max-age", String(PREFLIGHT_S));
  return true;
};
