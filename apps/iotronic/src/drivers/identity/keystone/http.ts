// Questions to a Keystone over HTTP: few at once, few that wait, each with an end, answers of a bounded size. One that is away is not
// asked by everybody at once: for a moment after a failure everybody hears that it is.
import { Agent, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls, Agent as TlsAgent } from "node:https";
import { rootCertificates } from "node:tls";
import { fail } from "@s4t/contract";
import type { KeystoneOptions } from "./config.ts";

/** Questions at once: a Keystone has as few workers. */
export const MAX_AT_ONCE = 8;
/** Questions that wait for their turn; more are told at once that it is not to be had. */
export const MAX_WAITING = 200;
/** Largest answer that is read: role assignments of one person in ten thousand projects. */
export const MAX_ANSWER_BYTES = 8_388_608;
/** How long nobody asks after a question that got no answer. */
export const AWAY_MS = 1_000;

/** An answer: status, headers and parsed body; `undefined` where there is none. */
export interface Answer {
  readonly status: number;
  readonly subject: string | undefined;
  readonly body: unknown;
}

export interface Question {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Beneath `/v3`. */
  readonly path: string;
  readonly token?: string | undefined;
  readonly subject?: string | undefined;
  readonly body?: unknown;
}

export interface Asking {
  /** Throws `identity.unavailable` where there is no answer within the time, or one of 5xx or 429, or none that is JSON. */
  ask(question: Question): Promise<Answer>;
  isReachable(): boolean;
  close(): void;
}

const readAll = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new RangeError("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

/** Makes it. */
export const createAsking = ({
  url,
  ca,
  timeoutMs,
  clock,
}: Pick<KeystoneOptions, "url" | "ca" | "timeoutMs" | "clock">): Asking => {
  const isTls = url.startsWith("https:");
  const kept = { keepAlive: true, maxSockets: MAX_AT_ONCE };
  const agent = isTls
    ? new TlsAgent({ ...kept, ...(ca === null ? {} : { ca: [...rootCertificates, ca] }) })
    : new Agent(kept);
  const send = isTls ? requestTls : requestPlain;
  const waiting: { start(): void; refuse(error: Error): void }[] = [];
  let running = 0;
  let awayUntilMs = Number.NEGATIVE_INFINITY;
  let reachable = true;

  const unavailable = (cause?: unknown) => fail("identity.unavailable", {}, cause);

  const goAway = (cause: unknown) => {
    reachable = false;
    awayUntilMs = clock.monotonicMs() + AWAY_MS;
    const error = unavailable(cause);
    for (const { refuse } of waiting.splice(0)) refuse(error);
    return error;
  };

  const turn = (signal: AbortSignal): Promise<void> => {
    if (running < MAX_AT_ONCE) {
      running += 1;
      return Promise.resolve();
    }
    if (waiting.length >= MAX_WAITING) return Promise.reject(unavailable("too many wait"));
    return new Promise((resolve, reject) => {
      const row = {
        start() {
          signal.removeEventListener("abort", leave);
          resolve();
        },
        refuse(error: Error) {
          signal.removeEventListener("abort", leave);
          reject(error);
        },
      };
      const leave = () => {
        waiting.splice(waiting.indexOf(row), 1);
        reject(unavailable("no turn within the time"));
      };
      signal.addEventListener("abort", leave, { once: true });
      waiting.push(row);
    });
  };

  const release = (): void => {
    const next = waiting.shift();
    if (next) next.start();
    else running -= 1;
  };

  const exchange = (question: Question, signal: AbortSignal, isAgain = false): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { method, path, token, subject, body } = question;
      const text = body === undefined ? undefined : JSON.stringify(body);
      const sent = send(`${url}/v3${path}`, {
        ...{ agent, method, signal },
        headers: {
          accept: "application/json",
          ...(token === undefined ? {} : { "x-auth-token": token }),
          ...(subject === undefined ? {} : { "x-subject-token": subject }),
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
      });
      sent.on("error", (error: NodeJS.ErrnoException) => {
        // A kept connection that was closed at the other end while it rested: nobody has heard the question.
        const isCut = error.code === "ECONNRESET" || error.code === "EPIPE";
        const isStale = sent.reusedSocket && isCut && !isAgain;
        if (isStale) exchange(question, signal, true).then(resolve, reject);
        else reject(error);
      });
      sent.on("response", (message) => {
        readAll(message).then((came) => {
          const status = message.statusCode ?? 0;
          const isJson = /json/.test(message.headers["content-type"] ?? "");
          try {
            const parsed: unknown = isJson && came !== "" ? JSON.parse(came) : undefined;
            const given = message.headers["x-subject-token"];
            resolve({
              ...{ status, body: parsed },
              subject: Array.isArray(given) ? given[0] : given,
            });
          } catch (error) {
            reject(error);
          }
        }, reject);
      });
      sent.end(text);
    });

  return {
    async ask(question) {
      if (clock.monotonicMs() < awayUntilMs) throw unavailable("it was away a moment ago");
      const given = new AbortController();
      const timer = clock.after(timeoutMs, () => given.abort(), { keepAlive: true });
      try {
        await turn(given.signal);
        try {
          const answer = await exchange(question, given.signal).catch((error: unknown) => {
            throw goAway(error);
          });
          reachable = true;
          // It answers, and cannot: whoever asks for something else may have better luck.
          if (answer.status >= 500 || answer.status === 429)
            throw unavailable(`status ${answer.status}`);
          return answer;
        } finally {
          release();
        }
      } finally {
        timer.cancel();
      }
    },
    isReachable: () => reachable,
    close: () => agent.destroy(),
  };
};
