// Many clients at once, each asking again as soon as it is answered (autocannon), and what that cost the server in CPU.
import autocannon from "autocannon";
import type { RunningProgram } from "./program.ts";

/** Clients of a load unless said. */
export const CLIENTS = 64;
/** How long one round of a load lasts. */
export const ROUND_S = 4;

export interface LoadOptions {
  readonly url: string;
  readonly method?: "GET" | "PATCH" | "POST";
  readonly token?: string;
  /** Path and body of each request in turn; absent: the URL as it is. */
  readonly next?: () => { readonly path: string; readonly body?: unknown };
  readonly clients?: number;
  readonly seconds?: number;
  /** The process whose CPU is counted. */
  readonly server: RunningProgram;
}

export interface Load {
  readonly perSecond: number;
  /** CPU of the server's process, all threads, of one request. */
  readonly cpuMicroseconds: number;
  /** What one whole core of the server would answer in a second. */
  readonly perCpuSecond: number;
}

/** Runs one; throws when any answer is no success. */
export const runLoad = async (options: LoadOptions): Promise<Load> => {
  const { url, method = "GET", token, next, server } = options;
  const cpuBefore = server.cpuSeconds();
  const result = await autocannon({
    url,
    method,
    connections: options.clients ?? CLIENTS,
    duration: options.seconds ?? ROUND_S,
    headers: {
      ...(method === "GET" ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(next
      ? {
          requests: [
            {
              setupRequest: (request: autocannon.Request) => {
                const { path, body } = next();
                return {
                  ...request,
                  path,
                  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
                };
              },
            },
          ],
        }
      : {}),
  });
  const cpuSeconds = server.cpuSeconds() - cpuBefore;
  const answered = result["2xx"];
  if (result.non2xx > 0 || result.errors > 0 || answered === 0)
    throw new TypeError(
      `${method} ${url}: ${answered} answered, ${result.non2xx} refused, ${result.errors} failed`,
    );
  return {
    perSecond: answered / result.duration,
    cpuMicroseconds: (cpuSeconds * 1e6) / answered,
    perCpuSecond: answered / cpuSeconds,
  };
};
