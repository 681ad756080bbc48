// `fetch` over node:http and node:https, because the platform's own cannot be told which authority to trust. With `ca`, that
// authority alone is trusted; without, the machine's. There is no way to trust none.
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { setDefaultCACertificates } from "node:tls";
import type { Fetch } from "@s4t/sdk";

/** Whom to trust. */
export interface TrustOptions {
  /** PEM of the one authority that may vouch for the cloud. */
  readonly ca?: string | undefined;
}

const answerOf = (incoming: IncomingMessage): Response => {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers))
    for (const one of Array.isArray(value) ? value : [value]) headers.append(name, one ?? "");
  const status = incoming.statusCode ?? 502;
  const empty = status === 204 || status === 304;
  if (empty) incoming.resume();
  const body = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
  return new Response(body as ConstructorParameters<typeof Response>[0], { status, headers });
};

/** Makes a `fetch` for a client of a cloud. */
export const trustingFetch =
  ({ ca }: TrustOptions = {}): Fetch =>
  (url, init) =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        method: init.method ?? "GET",
        headers: init.headers as Record<string, string>,
        ...(init.signal ? { signal: init.signal } : {}),
      };
      const sent = url.startsWith("https:")
        ? httpsRequest(url, ca === undefined ? options : { ...options, ca })
        : httpRequest(url, options);
      sent.on("response", (incoming) => resolve(answerOf(incoming)));
      sent.on("error", reject);
      if (typeof init.body === "string") sent.end(init.body);
      else if (init.body instanceof ReadableStream)
        pipeline(Readable.fromWeb(init.body as NodeStream), sent).catch(reject);
      else sent.end();
    });

/** Makes this process trust one authority only, for what takes no `ca` of its own: the platform's WebSocket. */
export const trustOnly = (ca: string): void => setDefaultCACertificates([ca]);
