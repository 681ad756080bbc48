// One POST of JSON. The HTTP client is loaded only when a backlog has to go: it costs 7 MB that a board may not have to spare.
import { fail } from "@s4t/contract";

/** How long a batch of a backlog may take. */
export const POST_TIMEOUT_MS = 30_000;

/** Posts and answers the JSON of a 200. Throws `cloud.unreachable` for anything else. */
export const post = async (
  url: string,
  token: string,
  body: unknown,
  ca: string | null,
): Promise<unknown> => {
  const { request } = await (url.startsWith("https:") ? import("node:https") : import("node:http"));
  const text = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const refuse = (because: string, cause?: unknown) =>
      reject(fail("cloud.unreachable", { url, because }, cause));
    const sent = request(
      url,
      {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
        },
        timeout: POST_TIMEOUT_MS,
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
