// Signing in by a browser on this machine: it comes back to a port of loopback (RFC 8252, section 7.3) with a code that only whoever
// began can use.
import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { fail } from "@s4t/sdk";

/** How long the browser may take. */
export const BROWSER_WAIT_MS = 300_000;

/** Tells the address to open, and waits for what comes back. */
export const codeFromBrowser = async (
  url: string,
  provider: string,
  tell: (address: string) => void,
  signal: AbortSignal,
): Promise<{ readonly code: string; readonly verifier: string }> => {
  const verifier = randomBytes(32).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const code = new URL(request.url ?? "/", "http://127.0.0.1").searchParams.get("code");
    response.writeHead(code === null ? 404 : 200, {
      "content-type": "text/plain; charset=utf-8",
      connection: "close",
    });
    response.end(code === null ? "Not here.\n" : "Signed in. You can close this page.\n");
    if (code !== null) resolve(code);
  });
  const leave = () => reject(fail("request.canceled"));
  const timer = setTimeout(() => reject(fail("auth.failed")), BROWSER_WAIT_MS);
  signal.addEventListener("abort", leave);
  try {
    await new Promise<void>((listening, failed) => {
      server.once("error", failed);
      server.listen(0, "127.0.0.1", listening);
    });
    const { port } = server.address() as { port: number };
    tell(`${url}/api/oidc/${encodeURIComponent(provider)}?loopback=${port}&challenge=${challenge}`);
    return { code: await promise, verifier };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", leave);
    server.close();
    server.closeAllConnections();
  }
};
