// The tunnel on real sockets: plain and TLS, masks of both kinds, reads cut anywhere.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { seeded, systemClock } from "@s4t/kit";
import { afterEach, describe, expect, it } from "vitest";
import { browserTransport } from "../browser.ts";
import type { EndReason } from "../frames.ts";
import type { Stream, StreamListener } from "../stream.ts";
import { createTunnel, type IncomingStream, type Tunnel } from "../tunnel.ts";
import { acceptTunnel, refuseUpgrade, ticketOf } from "./accept.ts";
import { dialTunnel } from "./dial.ts";
import { FrameReader } from "./frame-reader.ts";
import { pipeSocket } from "./pipe-socket.ts";
import { createSocketTransport } from "./socket-transport.ts";

const { key, certificate } = JSON.parse(
  readFileSync(new URL("../../../wamp/vectors/loopback-tls.json", import.meta.url), "utf8"),
) as Record<string, string>;
const clock = systemClock;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
const refuse = (incoming: IncomingStream) => incoming.refuse("no", "No.");

/** A cloud whose tunnels pour every stream into a TCP port, and the board that dials it. */
const aPair = async (
  onOpen: (incoming: IncomingStream) => void,
  isSecure = false,
): Promise<{ readonly cloud: Tunnel; readonly board: Tunnel; readonly url: string }> => {
  const server: Server = isSecure ? createSecureServer({ key, cert: certificate }) : createServer();
  let accepted: (tunnel: Tunnel) => void = () => {};
  const arrived = new Promise<Tunnel>((resolve) => {
    accepted = resolve;
  });
  server.on("upgrade", (request, socket, head) => {
    if (ticketOf(request) !== "good-ticket") refuseUpgrade(socket, 401);
    else accepted(acceptTunnel(request, socket, head, { clock, onOpen: refuse }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http${isSecure ? "s" : ""}://127.0.0.1:${portOf(server)}`;
  const board = await dialTunnel({
    ...{ url, path: "/tunnel", ticket: "good-ticket", clock, onOpen },
    ca: isSecure ? (certificate as string) : null,
  });
  cleanups.push(() => board.close("cancelled"));
  return { cloud: await arrived, board, url };
};

/** A TCP server that answers what it got with the same, and half-closes as it was half-closed. */
const anEcho = async (): Promise<number> => {
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  return portOf(server);
};

const dialInto = (port: number) => (incoming: IncomingStream) => {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.once("error", () => incoming.refuse("unreachable", "Nobody listens there."));
  socket.once("connect", () => void pipeSocket(incoming.accept(), socket));
};

/** Writes bytes in random pieces and ends; resolves with the hash of what comes back until the end. */
const through = (stream: Stream, bytes: Buffer, random: () => number): Promise<string> =>
  new Promise((resolve, reject) => {
    const hash = createHash("sha256");
    let at = 0;
    const write = (): void => {
      while (at < bytes.length) {
        const next = Math.min(bytes.length, at + 1 + Math.floor(random() ** 3 * 150_000));
        const piece = bytes.subarray(at, next);
        at = next;
        if (!stream.write(piece)) return;
      }
      stream.end();
    };
    stream.listen({
      onData(piece) {
        hash.update(piece);
        // Kept for a while: nobody may write over what is ours.
        const kept = Buffer.from(piece);
        setImmediate(() => {
          if (!kept.equals(piece)) reject(new RangeError("bytes changed after they were given"));
          stream.consumed(piece.length);
        });
      },
      onEnd: () => resolve(hash.digest("hex")),
      onReset: (reason) => reject(new RangeError(reason)),
      onDrain: write,
    });
    write();
  });

const random = seeded(7);
const aBody = (count: number) => {
  const bytes = randomBytes(count);
  return { bytes, hash: createHash("sha256").update(bytes).digest("hex") };
};

describe.each([
  ["plain", false],
  ["TLS", true],
])("over %s sockets", (_, isSecure) => {
  it("streams come back whole, side by side, each with its own end", async () => {
    const { cloud } = await aPair(dialInto(await anEcho()), isSecure);
    const bodies = [0, 1, 50_000, 3_000_000, 9_000_000].map(aBody);
    const hashes = await Promise.all(
      bodies.map(async ({ bytes }) =>
        through(await cloud.open({ kind: "tcp", args: null }), bytes, random),
      ),
    );
    expect(hashes).toEqual(bodies.map(({ hash }) => hash));
    await expect.poll(() => cloud.streamCount).toBe(0);
  });

  it("an end tells the other why", async () => {
    const { cloud, board } = await aPair(refuse, isSecure);
    cloud.close("idle");
    expect(await board.ended).toBe("idle");
    expect(await cloud.ended).toBe("idle");
  });
});

it("a socket that breaks is a reset at the other end, never an end", async () => {
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.write("some");
    setTimeout(() => socket.resetAndDestroy(), 20);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const { cloud } = await aPair(dialInto(portOf(server)));
  const stream = await cloud.open({ kind: "tcp", args: null });
  const heard: string[] = [];
  stream.listen({
    onData: (bytes) => heard.push(Buffer.from(bytes).toString()),
    onEnd: () => heard.push("end"),
    onReset: (reason) => heard.push(`reset ${reason}`),
  });
  expect(await stream.ended).toBe("lost");
  expect(heard).toEqual(["some", "reset lost"]);
});

it("a port where nobody listens is a refusal", async () => {
  const { cloud } = await aPair(dialInto(1));
  await expect(cloud.open({ kind: "tcp", args: null })).rejects.toMatchObject({
    code: "unreachable",
  });
});

it("a connection that is cut is `lost` for the tunnel and all that was on it", async () => {
  const { cloud, board } = await aPair((incoming) => {
    incoming.accept().listen({ onData() {}, onEnd() {}, onReset() {} });
  });
  const stream = await cloud.open({ kind: "x", args: null });
  board.close("lost");
  const ends: EndReason[] = [await stream.ended, await cloud.ended];
  expect(ends).toEqual(["lost", "lost"]);
});

it("a wrong ticket is no tunnel", async () => {
  const { url } = await aPair(refuse);
  await expect(
    dialTunnel({ url, path: "/tunnel", ticket: "bad", clock, onOpen: refuse }),
  ).rejects.toMatchObject({ code: "socket.failed", details: { because: "upgrade", status: 401 } });
});

it("pages dial with the WebSocket that they have", async () => {
  const { url } = await aPair(refuse);
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  server.on("upgrade", (request, socket, head) => {
    acceptTunnel(request, socket, head, {
      clock,
      onOpen(incoming) {
        const stream = incoming.accept();
        stream.listen({
          onData(bytes) {
            stream.write(bytes);
            stream.consumed(bytes.length);
          },
          onMessage: (message) => stream.message(message),
          onEnd: () => stream.end(),
          onReset() {},
        });
      },
    });
  });
  const page = createTunnel(browserTransport(`ws://127.0.0.1:${portOf(server)}/`, "good-ticket"), {
    ...{ role: "dialer", clock, onOpen: refuse },
  });
  const stream = await page.open({ kind: "echo", args: null });
  const { bytes, hash } = aBody(2_000_000);
  expect(await through(stream, bytes, random)).toBe(hash);
  page.close("ended");
  const turnedAway = createTunnel(browserTransport(url.replace("http", "ws"), "bad"), {
    ...{ role: "dialer", clock, onOpen: refuse },
  });
  expect(await turnedAway.ended).toBe("lost");
});

/** Two transports on a pair of joined TCP sockets, the dialling one with masks or with the key 0. */
const joined = async (isMaskFree: boolean) => {
  const server = createTcpServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const there = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const near = connect(portOf(server), "127.0.0.1");
  await new Promise((resolve) => near.once("connect", resolve));
  const far = await there;
  cleanups.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  const none = Buffer.alloc(0);
  const echo = (incoming: IncomingStream): void => {
    const stream = incoming.accept();
    stream.listen({
      onData: () => {},
      onLent(bytes, giveBack) {
        const { length } = bytes;
        stream.write(bytes, () => {
          giveBack();
          stream.consumed(length);
        });
      },
      onEnd: () => stream.end(),
      onReset() {},
    });
  };
  return {
    near: createTunnel(createSocketTransport(near, none, { role: "dialer", isMaskFree, clock }), {
      ...{ role: "dialer", clock, onOpen: echo },
    }),
    far: createTunnel(
      createSocketTransport(far, none, { role: "acceptor", isMaskFree: true, clock }),
      { role: "acceptor", clock, onOpen: echo },
    ),
  };
};

it.each([true, false])(
  "lent bytes are passed on unharmed both ways (mask key 0: %s)",
  async (isMaskFree) => {
    const { near, far } = await joined(isMaskFree);
    const bodies = [1, 70_000, 4_000_000, 8_000_000].map(aBody);
    const hashes = await Promise.all(
      bodies.map(async ({ bytes }, i) =>
        through(await (i % 2 === 0 ? near : far).open({ kind: "x", args: null }), bytes, random),
      ),
    );
    expect(hashes).toEqual(bodies.map(({ hash }) => hash));
  },
);

describe("frames", () => {
  const read = (chunks: readonly Buffer[], masked: boolean) => {
    const seen: string[] = [];
    let data = "";
    const reader = new FrameReader(masked, {
      onFrame(type, stream, payload) {
        const hex = Buffer.from(payload).toString("hex");
        // DATA comes in pieces, as it was cut.
        if (type === 4) data += hex;
        else {
          if (data !== "") seen.push(`data ${data}`);
          data = "";
          seen.push(`${type} ${stream} ${hex}`);
        }
      },
      onPing: (payload) => seen.push(`ping ${payload.toString("hex")}`),
      onClose: (reason) => seen.push(`close ${reason}`),
      onViolation: (because) => seen.push(`violation ${because}`),
    });
    for (const chunk of chunks) reader.push(Buffer.from(chunk));
    return data === "" ? seen : [...seen, `data ${data}`];
  };
  const { frames } = JSON.parse(
    readFileSync(new URL("../../vectors/frames.json", import.meta.url), "utf8"),
  ) as { frames: readonly { name: string; acceptor: string; dialer: string; read: string }[] };

  it.each(frames.map((vector) => [vector.name, vector] as const))(
    "%s: reads as its vector says, cut anywhere",
    (_, vector) => {
      for (const [hex, masked] of [
        [vector.acceptor, false],
        [vector.dialer, true],
      ] as const) {
        const bytes = Buffer.from(hex, "hex");
        expect(read([bytes], masked)).toEqual([vector.read]);
        for (let at = 1; at < Math.min(bytes.length, 40); at += 1)
          expect(read([bytes.subarray(0, at), bytes.subarray(at)], masked)).toEqual([vector.read]);
        expect(
          read(
            [...bytes].map((byte) => Buffer.of(byte)),
            masked,
          ),
        ).toEqual([vector.read]);
      }
    },
  );

  it.each([
    ["text", "810568656c6c6f", "violation a message that is not binary"],
    ["a reserved bit", "c20504000000", "violation Reserved bits are set."],
    [
      "a masked frame of who accepts",
      "828537fa213d00000000",
      "violation A server's frame is masked.",
    ],
    [
      "a frame beyond its limit",
      "827f0000000000100000",
      "violation A message may have 131077 bytes.",
    ],
    ["a message too short for a head", "82020400", "violation a message without a frame's head"],
    ["a continuation of nothing", "8000", "violation A continuation continues nothing."],
    ["a long ping", `89fe0080${"00".repeat(132)}`, "violation A control frame is too long."],
  ])("%s is a violation", (_, hex, wanted) => {
    expect(read([Buffer.from(hex, "hex")], false).slice(0, 1)).toEqual([wanted]);
  });
});

it("a socket that has ended both ways leaves what it said to a stream that is slower", async () => {
  const server = createTcpServer({ allowHalfOpen: true, pauseOnConnect: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const arrived = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const client = connect({ port: portOf(server), host: "127.0.0.1", allowHalfOpen: true });
  client.resume();
  const socket = await arrived;
  const said: string[] = [];
  let listener: StreamListener | undefined;
  const slow: Stream = {
    ...{ bytesIn: 0, bytesOut: 0, ended: new Promise<EndReason>(() => {}) },
    write: () => true,
    message() {},
    consumed() {},
    end: () => void said.push("end"), // and not sent yet
    reset: (reason) => void said.push(`reset ${reason}`),
    listen: (given) => {
      listener = given;
    },
  };
  void pipeSocket(slow, socket);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  client.end("all");
  await expect.poll(() => said).toEqual(["end"]);
  listener?.onEnd();
  await closed;
  expect(said).toEqual(["end"]);
});
