// Somebody between a board and its cloud. It passes bytes on; or it ends TLS itself, with a certificate of its own, reads what
// goes by, and speaks TLS onwards.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, connect as tlsConnect } from "node:tls";

export interface RelayOptions {
  readonly listen: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly to: { readonly host: string; readonly port: number };
  /** With these it ends TLS itself; the cloud's own certificate is then not looked at. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface Relay {
  readonly port: number;
  /** Connections that were taken, TLS finished where there is any. */
  readonly taken: () => number;
  /** What went by from the board, as the relay could read it. */
  readonly seen: () => string;
  /** From now on bytes of this direction go nowhere, and nobody is told; undefined: they arrive again, on new connections. */
  swallow(direction: "both" | "toCloud" | "toBoard" | undefined): void;
  close(): Promise<void>;
}

/** Starts one. */
export const openRelay = async (options: RelayOptions): Promise<Relay> => {
  const sockets = new Set<Socket>();
  let taken = 0;
  let seen = "";
  let swallowed: "both" | "toCloud" | "toBoard" | undefined;
  const join = (near: Socket): void => {
    taken += 1;
    const far = options.tls
      ? tlsConnect({ ...options.to, rejectUnauthorized: false })
      : connect(options.to);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.on("data", (piece: Buffer) => {
      seen = (seen + piece.toString("latin1")).slice(-100_000);
    });
    // A direction that swallowed once stays cut: what is lost of a stream cannot be made good.
    const pass = (from: Socket, to: Socket, direction: "toCloud" | "toBoard"): void => {
      let isCut = false;
      const isLost = (): boolean => {
        isCut ||= swallowed === "both" || swallowed === direction;
        return isCut;
      };
      from.on("data", (piece: Buffer) => {
        if (isLost() || to.write(piece)) return;
        from.pause();
        to.once("drain", () => from.resume());
      });
      from.on("end", () => isLost() || to.end());
    };
    pass(near, far, "toCloud");
    pass(far, near, "toBoard");
  };
  const server: Server = options.tls
    ? createTlsServer({ ...options.tls }, join)
    : createServer(join);
  server.on("tlsClientError", () => {});
  server.listen(options.port, options.listen);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    taken: () => taken,
    seen: () => seen,
    swallow(direction) {
      swallowed = direction;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
};
