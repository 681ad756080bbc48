// Our frames against those of `ws`: what one writes the other reads, cut anywhere; what one refuses the other refuses, with the
// same close code. Prints the seed of the random cuts.

import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { systemClock } from "@s4t/kit";
import { encodeClose, encodeFrame, opcodes } from "@s4t/kit/node/websocket";
import { describe, expect, it } from "vitest";
import * as ws from "ws";
import {
  compareWithWs,
  cut,
  limitBytes,
  readWithOurs,
  type Seen,
  readWithWs as startReadingWithWs,
  wsHasSpoken,
} from "../../test/beside-ws.ts";
import { connectWebSocket } from "./websocket-client.ts";
import { MAX_FRAGMENTS } from "./websocket-frames.ts";

// `ws` exports its sender, but its type package does not tell of it.
const { Sender } = ws as unknown as {
  readonly Sender: { frame(data: Buffer, options: object): Buffer[] };
};

const readWithWs = async (chunks: readonly Buffer[], masked: boolean): Promise<Seen[]> => {
  const seen = startReadingWithWs(chunks, masked);
  await wsHasSpoken();
  return seen;
};

const frame = (head: readonly number[], payload: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from(head), payload]);
const maskKey = Buffer.from([0x11, 0x92, 0xf3, 0x04]);

describe("frames", () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 99_999])(
    "of %i bytes go both ways between us and ws",
    async (size) => {
      const payload = Buffer.alloc(size, "e");
      for (const mask of [undefined, maskKey]) {
        const bytes = encodeFrame(opcodes.binary, payload, mask);
        const expected = [["binary", payload.toString("hex")]];
        expect(await readWithWs([bytes], mask !== undefined)).toEqual(expected);
        expect(readWithOurs(cut(bytes, [1, 3, 7, 9, size]), mask !== undefined)).toEqual(expected);
      }
      const theirs = Sender.frame(Buffer.from(payload), {
        fin: true,
        rsv1: false,
        opcode: opcodes.binary,
        mask: true,
        readOnly: true,
      });
      expect(readWithOurs([Buffer.concat(theirs)], true)).toEqual([
        ["binary", payload.toString("hex")],
      ]);
    },
  );

  it.each<[string, Buffer, number]>([
    ["a reserved bit", frame([0xc1, 0]), 1002],
    ["a reserved data opcode", frame([0x83, 0]), 1002],
    ["a reserved control opcode", frame([0x8b, 0]), 1002],
    ["a fragmented ping", frame([0x09, 0]), 1002],
    ["a ping of 126 bytes", frame([0x89, 126, 0, 126], Buffer.alloc(126)), 1002],
    ["a continuation of nothing", frame([0x80, 0]), 1002],
    ["a message within a message", frame([0x01, 0, 0x81, 0]), 1002],
    ["a masked frame of a server", encodeFrame(1, Buffer.from("x"), maskKey), 1002],
    ["a close frame of one byte", frame([0x88, 1, 3]), 1002],
    ["close code 1005", encodeFrame(8, encodeClose(1005, "")), 1002],
    ["close code 999", encodeFrame(8, encodeClose(999, "")), 1002],
    ["close code 5000", encodeFrame(8, encodeClose(5000, "")), 1002],
    ["a close reason that is not UTF-8", frame([0x88, 4, 3, 0xe8, 0xc3, 0x28]), 1007],
    ["text that is not UTF-8", frame([0x81, 2, 0xc3, 0x28]), 1007],
    ["text cut within a character", frame([0x01, 1, 0xc3, 0x80, 1, 0x28]), 1007],
    ["a message too long", frame([0x82, 127, 0, 0, 0, 0, 0, 1, 0x86, 0xa1]), 1009],
    ["a length beyond 2^53", frame([0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0]), 1009],
    [
      "fragments too long together",
      Buffer.concat([
        frame([0x02, 127, 0, 0, 0, 0, 0, 1, 0x86, 0xa0], Buffer.alloc(limitBytes)),
        frame([0x80, 1, 0]),
      ]),
      1009,
    ],
  ])("refuse %s as ws does", async (_name, bytes, code) => {
    const ours = readWithOurs([bytes], false);
    expect(ours.at(-1)).toEqual(["violation", code]);
    expect(await readWithWs([bytes], false)).toEqual(ours);
  });

  it("refuse a flood of tiny fragments, and unmasked frames of a client", () => {
    const flood = Buffer.concat(
      Array.from({ length: MAX_FRAGMENTS + 1 }, (_, i) => frame([i ? 0 : 2, 0])),
    );
    expect(readWithOurs([flood], false)).toEqual([["violation", 1008]]);
    expect(readWithOurs([frame([0x81, 0])], true)).toEqual([["violation", 1002]]);
  });

  it("are read as ws reads them, whatever the bytes and wherever they are cut", async () => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
    console.log(`websocket-frames seed ${seed}`);
    const { seen } = await compareWithWs({ frames: 20_000, seed });
    expect(Object.keys(seen)).toEqual(
      expect.arrayContaining(["text", "binary", "ping", "pong", "close 1000", "violation 1002"]),
    );
  });

  it("cut a long close reason at a character", () => {
    const payload = encodeClose(1000, "è".repeat(100));
    expect(payload.length).toBeLessThanOrEqual(125);
    expect(payload.subarray(2).toString("utf8")).toBe("è".repeat(61));
  });
});

describe("the client's handshake", () => {
  const aServer = (answer: (key: string, socket: Socket) => void): Promise<string> =>
    new Promise((resolve) => {
      const server = createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", (data) => {
          server.close();
          answer(/Sec-WebSocket-Key: (\S+)/.exec(data.toString())?.[1] ?? "", socket);
        });
      });
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        if (address && typeof address === "object") resolve(`ws://127.0.0.1:${address.port}/x`);
      });
    });
  const acceptOf = (key: string) =>
    createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const head = (key: string, more: string) =>
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n${more}\r\n`;

  it("hears what the server sent in one piece with its answer, and answers its close", async () => {
    const url = await aServer((key, socket) => {
      const hello = encodeFrame(opcodes.text, Buffer.from("first"));
      const close = encodeFrame(opcodes.close, encodeClose(4001, "enough"));
      socket.write(
        Buffer.concat([Buffer.from(head(key, "Sec-WebSocket-Protocol: p\r\n")), hello, close]),
      );
      socket.on("data", () => socket.end());
    });
    const transport = await connectWebSocket({ url, subprotocol: "p" }, { clock: systemClock });
    const heard: unknown[] = [];
    await new Promise<void>((resolve) =>
      transport.listen({
        onMessage: (data) => heard.push(data),
        onClose: (end) => {
          heard.push(end);
          resolve();
        },
      }),
    );
    expect(heard).toEqual(["first", { code: 4001, reason: "enough" }]);
  });

  it.each<[string, (key: string) => string]>([
    ["another accept key", () => head("other", "Sec-WebSocket-Protocol: p\r\n")],
    ["no subprotocol", (key) => head(key, "")],
    [
      "an extension",
      (key) => head(key, "Sec-WebSocket-Protocol: p\r\nSec-WebSocket-Extensions: x\r\n"),
    ],
    ["a redirect", () => "HTTP/1.1 302 Found\r\nLocation: /y\r\n\r\n"],
    ["no HTTP", () => "SSH-2.0-x\r\n\r\n"],
    ["an endless head", () => `HTTP/1.1 101 x\r\nA: ${"x".repeat(20_000)}`],
    ["nothing but an end", () => ""],
  ])("refuses %s", async (_name, answer) => {
    const url = await aServer((key, socket) => socket.end(answer(key)));
    await expect(
      connectWebSocket({ url, subprotocol: "p" }, { clock: systemClock }),
    ).rejects.toMatchObject({ uri: "wamp.error.network_failure", details: { because: "upgrade" } });
  });

  it("gives up in time, on a signal, and where nobody listens", async () => {
    const clock = { clock: systemClock };
    const silent = await aServer(() => {});
    await expect(
      connectWebSocket({ url: silent, subprotocol: "p", timeoutMs: 30 }, clock),
    ).rejects.toMatchObject({ uri: "wamp.error.timeout" });
    const other = await aServer(() => {});
    const signal = AbortSignal.timeout(30);
    await expect(
      connectWebSocket({ url: other, subprotocol: "p", signal }, clock),
    ).rejects.toMatchObject({ name: "TimeoutError" });
    const free = await new Promise<number>((resolve) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const address = server.address();
        const port = address && typeof address === "object" ? address.port : 0;
        server.close(() => resolve(port));
      });
    });
    await expect(
      connectWebSocket({ url: `ws://127.0.0.1:${free}/`, subprotocol: "p" }, clock),
    ).rejects.toMatchObject({ details: { because: "connect" } });
  });
});
