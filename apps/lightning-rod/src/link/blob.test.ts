import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fail } from "@s4t/contract";
import { afterEach, describe, expect, it } from "vitest";
import { fetchBlob } from "./blob.ts";

const bytes = Buffer.from(Array.from({ length: 3_000 }, (_, i) => i % 251));
type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Fetches from a server that answers as the test says. */
const get = async (
  answer: Answer,
  from = 0,
  take: (piece: Uint8Array) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Buffer> => {
  const server = createServer(answer).listen(0, "127.0.0.1");
  ends.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/blobs/x`;
  const parts: Uint8Array[] = [];
  await fetchBlob({ url, ca: null, token: "t", from, signal }, (piece) => {
    parts.push(piece);
    take(piece);
  });
  return Buffer.concat(parts);
};
const part =
  (start: number, status = 206): Answer =>
  (_, response) => {
    response.writeHead(status, { "content-range": `bytes ${start}-2999/3000` });
    response.end(bytes.subarray(start));
  };
const away = expect.objectContaining({ code: "cloud.unreachable" });

describe("bytes of a blob", () => {
  it("come whole, with the ticket that was given", async () => {
    let said: string | undefined;
    const all = await get((request, response) => {
      said = `${request.headers.authorization} ${request.headers.range}`;
      response.end(bytes);
    });
    expect([all.equals(bytes), said]).toEqual([true, "Bearer t undefined"]);
  });
  it("come from where the last try ended", async () => {
    let said: string | undefined;
    const rest = await get((request, response) => {
      said = request.headers.range;
      part(1_000)(request, response);
    }, 1_000);
    expect([rest.equals(bytes.subarray(1_000)), said]).toEqual([true, "bytes=1000-"]);
  });
  it.each<[string, Answer]>([
    ["all of them, where the rest was asked for", (_, response) => response.end(bytes)],
    ["another part", part(500)],
    ["a refusal", part(1_000, 403)],
    ["a redirection", (_, response) => response.writeHead(302, { location: "/" }).end()],
    ["a connection that is cut before an answer", (request) => request.socket.destroy()],
  ])("are not taken from %s", async (_, answer) => {
    const taken: Uint8Array[] = [];
    await expect(get(answer, 1_000, (piece) => taken.push(piece))).rejects.toEqual(away);
    expect(taken).toEqual([]);
  });
  it("that are cut in the middle are kept as far as they came, and the cut is told", async () => {
    let length = 0;
    const cut: Answer = (_, response) => {
      response.writeHead(200, { "content-length": 3_000 });
      response.write(bytes.subarray(0, 900), () => setTimeout(() => response.destroy(), 20));
    };
    await expect(
      get(cut, 0, (piece) => {
        length += piece.length;
      }),
    ).rejects.toEqual(away);
    expect(length).toBe(900);
  });
  it("end with what their reader says, and with a signal", async () => {
    const full = fail("board.storage", { because: "the disk is full" });
    const refuse = () => {
      throw full;
    };
    await expect(get((_, response) => response.end(bytes), 0, refuse)).rejects.toBe(full);
    const stop = new AbortController();
    const reason = fail("request.canceled");
    const stuck: Answer = () => stop.abort(reason);
    await expect(get(stuck, 0, () => {}, stop.signal)).rejects.toBe(reason);
  });
});
