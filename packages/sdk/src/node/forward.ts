// A port of this machine that leads to one near a board: one tunnel, a stream for each connection.
import { createServer, type Server, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { fail } from "@s4t/contract";
import {
  brokenOff,
  type Client,
  type ForwardOptions,
  type HeldForward,
  holdForward,
} from "@s4t/sdk";
import { pipeSocket, resetSocket } from "@s4t/tunnel/node";

export interface LocalForwardOptions extends ForwardOptions {
  /** Where to listen; the loopback unless said. */
  readonly listenHost?: string | undefined;
  /** 0 or absent: any that is free. */
  readonly listenPort?: number | undefined;
  /** A connection that did not come about. */
  readonly onRefused?: ((error: unknown) => void) | undefined;
}

export interface LocalForward {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  close(): void;
}

const listen = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        fail(
          "config.invalid",
          {
            setting: "local port",
            because:
              error.code === "EADDRINUSE"
                ? `${host}:${port} is in use here`
                : `${host}:${port} cannot be listened on (${error.code})`,
          },
          error,
        ),
      ),
    );
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });

/** Listens here and leads each connection to the board. Throws what cloud and board refuse the way with. */
export const forward = async (
  client: Client,
  options: LocalForwardOptions,
): Promise<LocalForward> => {
  const { listenHost = "127.0.0.1", listenPort = 0, onRefused } = options;
  const sockets = new Set<Socket>();
  const held: HeldForward = await holdForward(client, options);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // told by the close that follows
    socket.once("close", () => sockets.delete(socket));
    held.connect().then(
      (stream) => pipeSocket(stream, socket),
      (error: unknown) => {
        resetSocket(socket);
        onRefused?.(error);
      },
    );
  });
  try {
    const port = await listen(server, listenHost, listenPort);
    return {
      host: listenHost,
      port,
      get connections() {
        return sockets.size;
      },
      close() {
        server.close();
        held.close();
        for (const socket of sockets) socket.destroy();
      },
    };
  } catch (error) {
    held.close();
    throw error;
  }
};

/** Joins one connection with streams of this program, such as standard input and output; resolves at its end. */
export const forwardStdio = async (
  client: Client,
  options: ForwardOptions,
  { input, output }: { readonly input: Readable; readonly output: Writable },
): Promise<void> => {
  const held = await holdForward(client, options);
  try {
    const stream = await held.connect();
    stream.listen({
      onData(bytes) {
        const { length } = bytes;
        output.write(bytes, () => stream.consumed(length));
      },
      onEnd() {
        output.end();
        // Nobody is there any more to send to: what waits for us to end would wait for ever.
        stream.end();
      },
      onReset: () => input.destroy(),
      onDrain: () => input.resume(),
    });
    input.on("data", (bytes: Buffer) => {
      if (!stream.write(bytes)) input.pause();
    });
    input.on("end", () => stream.end());
    input.on("error", () => stream.reset("lost"));
    output.on("error", () => stream.reset("lost"));
    const reason = await stream.ended;
    if (reason !== "ended") throw brokenOff(reason);
  } finally {
    input.destroy();
    held.close();
  }
};
