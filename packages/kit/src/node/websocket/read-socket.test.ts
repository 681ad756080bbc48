import { createHash, randomBytes } from "node:crypto";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { readAtOnce, readSocket } from "./read-socket.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** So many accepted sockets, and who dialled them. */
const pairs = async (count: number): Promise<(readonly [Socket, Socket])[]> => {
  const accepted: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const made: (readonly [Socket, Socket])[] = [];
  for (let i = 0; i < count; i += 1) {
    const near = connect(port, "127.0.0.1");
    await expect.poll(() => accepted.length).toBe(i + 1);
    const far = accepted[i] as Socket;
    for (const socket of [near, far]) {
      socket.on("error", () => {});
      cleanups.push(() => socket.destroy());
    }
    made.push([near, far]);
  }
  return made;
};

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Makes the inside of a socket other than expected. */
const hide = (socket: Socket): void => {
  const { _handle: handle } = socket as unknown as { readonly _handle: object };
  Object.defineProperty(handle, "useUserBuffer", { value: undefined });
};

const ways = { readAtOnce, readSocket };

it.each([
  ["readAtOnce", false],
  ["readAtOnce", true],
  ["readSocket", false],
  ["readSocket", true],
] as const)(
  "%s hears every byte of many sockets in order, and their ends (ordinary way: %s)",
  async (way, isOrdinary) => {
    const sockets = await pairs(5);
    const sent = sockets.map(() => randomBytes(1_500_000));
    const heard = sockets.map(() => createHash("sha256"));
    let ends = 0;
    let largest = 0;
    sockets.forEach(([near, far], i) => {
      near.end(sent[i] ?? "");
      if (isOrdinary) hide(far);
      ways[way](far, (bytes: Buffer) => {
        largest = Math.max(largest, bytes.length);
        heard[i]?.update(bytes);
        bytes.fill(0); // they are the listener's to change
      });
      far.on("end", () => {
        ends += 1;
      });
      far.resume();
    });
    await expect.poll(() => ends, { timeout: 10_000 }).toBe(sockets.length);
    expect(heard.map((one) => one.digest("hex"))).toEqual(sent.map(hashOf));
    // Read in ours it comes in longer pieces than Node reads.
    expect(largest > 65_536).toBe(!isOrdinary);
  },
);

it("what was read before is heard first", async () => {
  const [pair] = await pairs(1);
  const [near, far] = pair as readonly [Socket, Socket];
  far.resume();
  far.pause();
  near.write("before ");
  await expect.poll(() => far.readableLength).toBeGreaterThan(0);
  let heard = "";
  readAtOnce(far, (bytes) => {
    heard += bytes.toString();
  });
  near.write("after");
  far.resume();
  await expect.poll(() => heard).toBe("before after");
});
