// A relay in front of a Keystone, so that it is slow, or away, without being touched.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Relay {
  readonly url: string;
  /** How long what comes from the other end is held back. */
  delayMs: number;
  close(): Promise<void>;
}

/** Opens one to `url`. */
export const openRelay = async (url: string): Promise<Relay> => {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const relay = { delayMs: 0 };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    near.on("close", () => far.destroy());
    near.pipe(far);
    far.on("data", (bytes: Buffer) => setTimeout(() => near.write(bytes), relay.delayMs));
    far.on("close", () => setTimeout(() => near.end(), relay.delayMs));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(relay, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
};
