// Bytes that never change, by GET with Range (RFC 9110, 14): an interrupted download goes on where it was.
import { Readable } from "node:stream";
import { fail } from "@s4t/contract";
import type { FastifyReply, FastifyRequest } from "fastify";

export interface FixedBytes {
  /** Strong name of these bytes: the ETag. */
  readonly name: string;
  readonly size: number;
  /** Opens a stretch; both ends belong to it. */
  read(range?: { readonly from: number; readonly to: number }): Promise<AsyncIterable<Uint8Array>>;
}

type Range = { readonly from: number; readonly to: number };

/** One stretch of bytes; undefined for what is no such header, or several stretches: all is sent then. */
const parseRange = (header: string | undefined, size: number): Range | "none" | undefined => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const [, first = "", last = ""] = match;
  const from = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < from) return undefined;
  return from >= size ? "none" : { from, to };
};

/** Sends them, or the stretch that was asked for. */
export const sendRanged = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { name, size, read }: FixedBytes,
): Promise<FastifyReply> => {
  const etag = `"${name}"`;
  reply.headers({
    etag,
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=31536000, immutable",
    "content-type": "application/octet-stream",
  });
  const { range: asked, "if-range": condition, "if-none-match": known } = request.headers;
  if (known === etag) return reply.code(304).send();
  const stays = condition === undefined || condition === etag;
  const range = stays ? parseRange(asked, size) : undefined;
  if (range === "none") {
    reply.header("content-range", `bytes */${size}`);
    throw fail("blob.range", { size });
  }
  if (!range) return reply.header("content-length", size).send(Readable.from(await read()));
  const { from, to } = range;
  return reply
    .code(206)
    .header("content-range", `bytes ${from}-${to}/${size}`)
    .header("content-length", to - from + 1)
    .send(Readable.from(await read(range)));
};
