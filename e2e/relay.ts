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
  /** How long every piece is on its way, in each direction. Default 0. */
  readonly delayMs?: number;
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

/** How long a dial onwards may take before the next one. */
const dialMs = 1_000;

/**
 * Dials onwards as long as the near end waits, and hands over the connection that came about: a network that is whole again lets
 * the next packet through at once, however long the one before had waited.
 */
const dialOn = (to: RelayOptions["to"], near: Socket, then: (far: Socket) => void): void => {
  const far = connect(to);
  let isThere = false;
  const again = setTimeout(() => far.destroy(), dialMs);
  far.once("connect", () => {
    isThere = true;
    clearTimeout(again);
    if (near.destroyed) far.destroy();
    else then(far);
  });
  far.on("error", () => {});
  far.once("close", () => {
    clearTimeout(again);
    if (!isThere && !near.destroyed) setTimeout(() => dialOn(to, near, then), dialMs / 4);
  });
};

/** Starts one. */
export const openRelay = async (options: RelayOptions): Promise<Relay> => {
  const sockets = new Set<Socket>();
  let taken = 0;
  let seen = "";
  let swallowed: "both" | "toCloud" | "toBoard" | undefined;
  const take = (near: Socket): void => {
    taken += 1;
    if (options.delayMs !== undefined) {
      near.on("error", () => {});
      near.pause();
      dialOn(options.to, near, (far) => join(near, far));
    } else if (options.tls) join(near, tlsConnect({ ...options.to, rejectUnauthorized: false }));
    else join(near, connect(options.to));
  };
  const join = (near: Socket, far: Socket): void => {
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
      // Timers of one length come due in the order in which they were set: what is late stays in order.
      const later = (then: () => void): void => {
        if (options.delayMs) setTimeout(then, options.delayMs);
        else then();
      };
      from.on("data", (piece: Buffer) => {
        later(() => {
          if (isLost() || to.write(piece)) return;
          from.pause();
          to.once("drain", () => from.resume());
        });
      });
      from.on("end", () => later(() => isLost() || to.end()));
    };
    pass(near, far, "toCloud");
    pass(far, near, "toBoard");
    near.resume();
  };
  const server: Server = options.tls
    ? createTlsServer({ ...options.tls }, take)
    : createServer(take);
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
