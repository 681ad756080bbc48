// One request after another over one connection that stays open, each timed: what a single user feels.
import { Agent, request } from "node:http";

export interface Asked {
  readonly method: "GET" | "POST" | "PATCH";
  readonly url: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A client with a connection of its own. */
export interface TimedClient {
  /** Sends and reads the whole answer; answers how long that took, ms. Throws unless it is a success. */
  ask(asked: Asked): Promise<number>;
  close(): void;
}

/** Opens one. */
export const createTimedClient = (): TimedClient => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    ask: ({ method, url, token, headers, body }) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? "" : JSON.stringify(body);
        const startedMs = performance.now();
        const sent = request(
          url,
          {
            method,
            agent,
            headers: {
              ...headers,
              ...(text === ""
                ? {}
                : {
                    "content-type": "application/json",
                    "content-length": Buffer.byteLength(text),
                  }),
              ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            },
          },
          (response) => {
            let answer = "";
            response.setEncoding("utf8").on("data", (piece: string) => {
              answer += piece;
            });
            response.on("end", () => {
              const tookMs = performance.now() - startedMs;
              if ((response.statusCode ?? 500) < 300) resolve(tookMs);
              else reject(new TypeError(`${method} ${url}: ${response.statusCode} ${answer}`));
            });
          },
        );
        sent.on("error", reject);
        sent.end(text);
      }),
    close: () => agent.destroy(),
  };
};

/** Does `work` `count` times, one after another; answers each one's duration, ms. */
export const timeEach = async (
  count: number,
  work: (index: number) => Promise<number>,
): Promise<number[]> => {
  const tookMs: number[] = [];
  for (let i = 0; i < count; i += 1) tookMs.push(await work(i));
  return tookMs;
};
