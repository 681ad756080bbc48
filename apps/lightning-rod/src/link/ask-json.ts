// One HTTP request for JSON. The client is loaded only when a backlog has to go, or the doctor asks: it costs memory that a board may
// not have to spare.
import { fail } from "@s4t/contract";
import { requesterOf } from "./http.ts";

/** How long an answer may take, a batch of a backlog included. */
export const REQUEST_TIMEOUT_MS = 30_000;

export interface JsonRequest {
  readonly url: string;
  /** PEM of the only authorities that are trusted; null on plain loopback. */
  readonly ca: string | null;
  /** What is posted, and on whose behalf; a GET without it. */
  readonly post?: { readonly token: string; readonly body: unknown };
}

/** Asks, and answers the JSON of a 200. Throws `cloud.unreachable` for anything else. */
export const askJson = async ({ url, ca, post }: JsonRequest): Promise<unknown> => {
  const request = requesterOf(url);
  const text = post && JSON.stringify(post.body);
  return new Promise((resolve, reject) => {
    const refuse = (because: string, cause?: unknown) =>
      reject(fail("cloud.unreachable", { url, because }, cause));
    const sent = request(
      url,
      {
        method: post ? "POST" : "GET",
        headers: post
          ? {
              authorization: `Bearer ${post.token}`,
              "content-type": "application/json",
              "content-length": Buffer.byteLength(text ?? ""),
            }
          : {},
        timeout: REQUEST_TIMEOUT_MS,
        ...(ca === null ? {} : { ca }),
      },
      (answer) => {
        let got = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece: string) => {
          got += piece;
        });
        answer.on("end", () => {
          if (answer.statusCode !== 200) return refuse(`it answered ${answer.statusCode}`);
          try {
            resolve(JSON.parse(got));
          } catch (error) {
            refuse("its answer is no JSON", error);
          }
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new RangeError("no answer in time")));
    sent.on("error", (error) => refuse(error.message, error));
    sent.end(text);
  });
};
