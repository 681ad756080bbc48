// Requests that come from other addresses of loopback: what is counted for each address is then counted apart.
import { request } from "node:http";
import { text } from "node:stream/consumers";
import type { ProblemDetails } from "@s4t/contract";

/** Posts JSON from 127.0.0.`host`; answers the status and the code of a problem. */
export const postFrom = async (
  host: number,
  url: string,
  path: string,
  body: unknown,
): Promise<{ readonly status: number; readonly code: string | undefined }> => {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number;
    code: string | undefined;
  }>();
  const asked = request(
    url + path,
    {
      method: "POST",
      localAddress: `127.0.0.${host}`,
      agent: false,
      headers: { "content-type": "application/json" },
    },
    (answer) => {
      text(answer).then((said) => {
        const parsed = said === "" ? undefined : (JSON.parse(said) as Partial<ProblemDetails>);
        resolve({ status: answer.statusCode ?? 0, code: parsed?.code });
      }, reject);
    },
  );
  asked.on("error", reject);
  asked.end(JSON.stringify(body));
  return promise;
};
