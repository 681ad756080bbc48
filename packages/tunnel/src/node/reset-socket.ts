// Node cannot reset a socket whose writing is being shut down (libuv's `uv_tcp_close_reset` answers EINVAL): it lets go of it instead.
// The socket then stays open for ever, its "close" never comes, and a process that should end waits for it without end.
import type { Socket } from "node:net";

/** Ends a socket at once, by a reset, so that its peer does not take it for an end; in whatever state it is. */
export const resetSocket = (socket: Socket): void => {
  // What is written goes out before the shutdown: once nothing waits, that takes no longer than a turn.
  const isShuttingDown =
    socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (isShuttingDown) socket.once("finish", () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
};
