// Sockets that are reset in whatever state they are: each is closed, and its peer is told.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { resetSocket } from "./reset-socket.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A socket and its peer, which reads nothing yet. */
const aPair = async (): Promise<readonly [Socket, Socket]> => {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const arrived = once(server, "connection");
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  await once(socket, "connect");
  const [peer] = (await arrived) as [Socket];
  for (const one of [socket, peer]) one.on("error", () => {});
  cleanups.push(() => {
    socket.destroy();
    peer.destroy();
    server.close();
  });
  return [socket, peer];
};

/** How the peer sees the end, once it reads. */
const seenBy = async (peer: Socket): Promise<"an end" | "a reset"> => {
  const end = once(peer, "end").then(() => "an end" as const);
  const broken = once(peer, "close").then(() => "a reset" as const);
  peer.resume();
  return Promise.race([end, broken]).catch(() => "a reset" as const);
};

const turnsLater: Readonly<Record<string, () => Promise<unknown>>> = {
  "in the same turn": async () => {},
  "when the shutdown was asked for": () => new Promise((resolve) => process.nextTick(resolve)),
  "when the network has it": () => new Promise((resolve) => setTimeout(resolve, 50)),
};

it.each(Object.keys(turnsLater))(
  "closes a socket that is reset after its end, %s",
  async (when) => {
    const [socket] = await aPair();
    const closed = once(socket, "close");
    socket.end();
    await turnsLater[when]?.();
    resetSocket(socket);
    await closed;
    expect(socket.destroyed).toBe(true);
  },
);

it("resets what waits behind a reader that stands still: its peer takes it for no end", async () => {
  const [socket, peer] = await aPair();
  // More than the kernels' buffers take.
  socket.write(Buffer.alloc(32_000_000));
  socket.end();
  await turnsLater["when the network has it"]?.();
  expect(socket.writableLength).toBeGreaterThan(0);
  const closed = once(socket, "close");
  resetSocket(socket);
  await closed;
  expect(await seenBy(peer)).toBe("a reset");
});

it("ends after all that was written", async () => {
  const [socket, peer] = await aPair();
  let count = 0;
  peer.on("data", (bytes) => {
    count += bytes.length;
  });
  socket.write(Buffer.alloc(32_000_000));
  socket.end();
  expect(await seenBy(peer)).toBe("an end");
  expect(count).toBe(32_000_000);
});
