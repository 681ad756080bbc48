// Connections on which nothing moves are cut off, or a client that never reads its answers holds their bytes for ever. Moving
// is what Node counts: bytes that came, and bytes that the kernel took. A request that is being worked at is no inactivity of
// its client, however long it takes.
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How long nothing may move on a connection while the client is the one to move. */
export const HTTP_INACTIVITY_MS = 60_000;

/** Bounds the inactivity of a server's connections, until they are upgraded: then Node lets go of them by itself. */
export const cutInactive = (server: Server, limitMs = HTTP_INACTIVITY_MS): void => {
  // Answers leave in the order of their requests: when the last one has left, all have.
  const last = new WeakMap<Socket, ServerResponse>();
  const isOurTurn = (socket: Socket): boolean => {
    const response = last.get(socket);
    return (
      response?.writableFinished === false && response.req.complete && socket.writableLength === 0
    );
  };
  server.setTimeout(limitMs, (socket) => {
    if (isOurTurn(socket)) socket.setTimeout(limitMs);
    else socket.destroy();
  });
  server.on("request", ({ socket }, response) => last.set(socket, response));
};
