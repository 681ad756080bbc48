// Bytes of a blob over HTTP, from where the last try ended. The client is loaded only when a blob has to come.
import type { IncomingMessage } from "node:http";
import { fail } from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { REQUEST_TIMEOUT_MS } from "./ask-json.ts";
import { requesterOf } from "./http.ts";

export interface BlobRequest {
  readonly url: string;
  /** PEM of the only authorities that are trusted; null on plain loopback. */
  readonly ca: string | null;
  readonly token: string;
  /** First byte that is wanted. */
  readonly from: number;
  readonly signal: AbortSignal;
}

const open = async ({ url, ca, token, from, signal }: BlobRequest): Promise<IncomingMessage> => {
  const request = requesterOf(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        headers: {
          authorization: `Bearer ${token}`,
          ...(from > 0 ? { range: `bytes=${from}-` } : {}),
        },
        // Between two pieces, too: what stands still is given up.
        timeout: REQUEST_TIMEOUT_MS,
        signal,
        ...(ca === null ? {} : { ca }),
      },
      resolve,
    );
    sent.on("timeout", () => sent.destroy(new RangeError("no answer in time")));
    sent.on("error", reject);
    sent.end();
  });
};

/**
 * Hands the bytes on as they come; what `take` throws ends it and is thrown. Throws `cloud.unreachable` for a connection that
 * breaks and an answer that is none.
 */
export const fetchBlob = async (
  wanted: BlobRequest,
  take: (bytes: Uint8Array) => void,
): Promise<void> => {
  const { url, from, signal } = wanted;
  const away = (because: string, cause?: unknown) =>
    fail("cloud.unreachable", { url, because }, cause);
  let taken: unknown;
  try {
    const answer = await open(wanted);
    const expected = from > 0 ? 206 : 200;
    if (answer.statusCode !== expected) {
      answer.destroy();
      throw away(`it answered ${answer.statusCode}`);
    }
    const start = /^bytes (\d+)-/.exec(answer.headers["content-range"] ?? "")?.[1];
    if (from > 0 && Number(start) !== from) {
      answer.destroy();
      throw away("it answered another part");
    }
    for await (const bytes of answer)
      try {
        take(bytes as Buffer);
      } catch (error) {
        taken = error;
        throw error;
      }
  } catch (error) {
    if (taken !== undefined) throw taken;
    signal.throwIfAborted();
    throw isS4tError(error, "cloud.unreachable")
      ? error
      : away(error instanceof Error ? error.message : "no connection", error);
  }
};

/** Bytes that the target names, as who wants them asks for them. */
export interface WantedBlob extends Pick<BlobRequest, "from" | "signal"> {
  readonly sha256: string;
  readonly take: (bytes: Uint8Array) => void;
  /** The cloud gave a ticket. */
  readonly onTicket: () => void;
}
