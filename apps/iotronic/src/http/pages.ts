// What a browser gets: the portal with its content security policy, the API's page, and the answer at the root.
import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join, normalize, sep } from "node:path";
import { RELEASE } from "@s4t/contract";
import type { FastifyInstance, FastifyReply } from "fastify";
import { rootDocument } from "./iotronic-v1/version.ts";

const mediaTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
  ".map": "application/json",
};

const portalPolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `style-src-elem 'self' 'nonce-${nonce}'`,
    "style-src-attr 'none'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");

// The API page is a foreign program with styles of its own: it gets a wider policy, and shows nothing that is not public.
const docsPolicy =
  "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

const docsPage =
  '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stack4Things API</title><meta name="viewport" content="width=device-width, initial-scale=1"></head><body><div id="app"></div><script src="/api/docs/scalar.js"></script><script src="/api/docs/start.js"></script></body></html>';
// Whatever of it would lead to its maker's services is off.
const docsStart =
  'Scalar.createApiReference("#app", { url: "/api/openapi.json", withDefaultFonts: false, telemetry: false, hideClientButton: true, showDeveloperTools: "never", agent: { disabled: true }, mcp: { disabled: true } });';

const missingPortal =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>Stack4Things</title><h1>The portal is not built</h1><p>Run <code>npm run build</code> and reload. The API is at <a href="/api/docs">/api/docs</a>.</p></html>';

const sendPortalFile = (reply: FastifyReply, folder: string, path: string): FastifyReply => {
  const file = normalize(join(folder, path));
  const isAsset = path.startsWith("assets/");
  const isFile =
    file.startsWith(folder + sep) &&
    path !== "index.html" &&
    extname(file) !== "" &&
    existsSync(file);
  if (isFile)
    return reply
      .header("cache-control", isAsset ? "public, max-age=31536000, immutable" : "no-cache")
      .type(mediaTypes[extname(file)] ?? "application/octet-stream")
      .send(readFileSync(file));
  if (isAsset) return reply.code(404).type("text/plain").send("not found");
  const index = join(folder, "index.html");
  const nonce = randomBytes(16).toString("base64");
  reply
    .header("content-security-policy", portalPolicy(nonce))
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8");
  return reply.send(
    existsSync(index)
      ? readFileSync(index, "utf8").replaceAll("__S4T_NONCE__", nonce)
      : missingPortal,
  );
};

export interface PagesOptions {
  /** Folder of the built portal. */
  readonly portalFolder: string;
  readonly name: string;
  readonly openapi: () => unknown;
}

/** Mounts the pages. */
export const mountPages = (server: FastifyInstance, options: PagesOptions): void => {
  const folder = existsSync(options.portalFolder)
    ? realpathSync(options.portalFolder)
    : options.portalFolder;
  server.get("/", (request, reply) => {
    if ((request.headers.accept ?? "").includes("text/html")) return reply.redirect("/app/", 302);
    const scheme = "encrypted" in request.socket ? "https" : "http";
    reply.header("openstack-request-id", `req-${randomUUID()}`);
    return reply.send({
      name: options.name,
      ...rootDocument(`${scheme}://${request.headers.host ?? "127.0.0.1"}`),
      release: RELEASE,
      api: "/api",
      openapi: "/api/openapi.json",
      portal: "/app/",
    });
  });
  server.get("/app", (_request, reply) => reply.redirect("/app/", 302));
  server.get<{ Params: { "*": string } }>("/app/*", (request, reply) =>
    sendPortalFile(reply, folder, request.params["*"]),
  );
  let document: string | undefined;
  server.get("/api/openapi.json", (_request, reply) => {
    document ??= JSON.stringify(options.openapi());
    return reply.type("application/json; charset=utf-8").send(document);
  });
  server.get("/api/docs", (_request, reply) =>
    reply
      .header("content-security-policy", docsPolicy)
      .type("text/html; charset=utf-8")
      .send(docsPage),
  );
  server.get("/api/docs/start.js", (_request, reply) =>
    reply.type("text/javascript; charset=utf-8").send(docsStart),
  );
  server.get("/api/docs/scalar.js", (_request, reply) => {
    const entry = createRequire(import.meta.url).resolve("@scalar/api-reference");
    const file = join(entry.slice(0, entry.lastIndexOf("/dist/")), "dist/browser/standalone.js");
    return reply
      .header("cache-control", "public, max-age=86400")
      .type("text/javascript; charset=utf-8")
      .send(readFileSync(file));
  });
};
