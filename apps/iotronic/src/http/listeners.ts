// Where the server is reached. On loopback it speaks plainly; beyond, TLS and nothing else. An address of this machine gets a
// socket of its own; for all of them (0.0.0.0, ::) one socket takes every connection, and where it came in decides.
import type { Server } from "node:http";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import { fail } from "@s4t/contract";

const loopback = "127.0.0.1";

/** Whether an address to listen on means all of this machine. */
export const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::";

const isLoopbackAddress = (address: string | undefined): boolean =>
  address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address);
/** Whether both ends of a connection are this machine's own, by loopback. */
export const isOverLoopback = ({ localAddress, remoteAddress }: Socket): boolean =>
  isLoopbackAddress(localAddress) && isLoopbackAddress(remoteAddress);

const bindError = (error: unknown, host: string, port: number): unknown => {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE" || code === "EACCES") return fail("port.in-use", { port, host }, error);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN")
    return fail(
      "config.invalid",
      { setting: "listen", because: `${host} is not an address of this machine` },
      error,
    );
  return error;
};

const listen = (server: NetServer, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const onError = (error: unknown) => reject(bindError(error, host, port));
    server.once("error", onError);
    server.listen({ host, port }, () => {
      server.off("error", onError);
      resolve();
    });
  });

const portOf = (server: NetServer): number | undefined =>
  (server.address() as AddressInfo | null)?.port;

export interface ListenersOptions {
  readonly port: number;
  readonly plain: Server;
  /** Serves TLS, and where. */
  readonly secure: { readonly server: Server; readonly host: string } | null;
  /** Connections at once. */
  readonly maxConnections: number;
}

export interface Listeners {
  /** Port in use, after `open`. */
  port(): number;
  /** Throws `port.in-use` and `config.invalid`. */
  open(): Promise<void>;
  /** Takes no more connections; resolves when those that are open have ended. */
  close(): Promise<void>;
}

/** Makes them. */
export const createListeners = (options: ListenersOptions): Listeners => {
  const { port, plain, secure, maxConnections } = options;
  const front =
    secure && isWildcard(secure.host)
      ? createServer((socket) =>
          (isOverLoopback(socket) ? plain : secure.server).emit("connection", socket),
        )
      : undefined;
  // Node looks after slow headers only where a server listens itself: one that is handed its connections is told that it does.
  const handed: readonly Server[] = front && secure ? [plain, secure.server] : [];
  const servers: readonly NetServer[] = front ? [front] : secure ? [plain, secure.server] : [plain];
  for (const server of servers) server.maxConnections = maxConnections;
  const used = () => portOf(front ?? plain) ?? port;
  return {
    port: used,
    async open() {
      if (front && secure) {
        await listen(front, secure.host, port);
        for (const server of handed) server.emit("listening");
        return;
      }
      await listen(plain, loopback, port);
      if (secure) await listen(secure.server, secure.host, used());
    },
    close: async () => {
      for (const server of handed) server.close(() => {}); // it never listened: this ends its looking after
      await Promise.all(
        servers.map((each) => new Promise<void>((resolve) => each.close(() => resolve()))),
      );
    },
  };
};
