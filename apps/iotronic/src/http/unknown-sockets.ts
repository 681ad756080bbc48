// Sockets of `/events` whose client has not said yet who it is: they cost memory and prove nothing, so they are few and stand
// there for a moment only. The oldest gives way to the newest: whoever means well says who they are within a round trip.
import type { Clock, Timer } from "@s4t/kit";
import type { WebSocket } from "ws";

/** A client that has not said who it is by then is cut off. */
export const EVENT_AUTH_MS = 10_000;
/** Event sockets at once that are not signed in: all open pages of a city that come back after a restart, each for a moment. */
export const MAX_UNKNOWN_SOCKETS = 500;

export interface UnknownSockets {
  /** Takes a new socket, at the oldest one's expense where there are too many. */
  add(socket: WebSocket): void;
  /** The socket is signed in, or closed. */
  remove(socket: WebSocket): void;
}

/** Makes the room for them. */
export const createUnknownSockets = (clock: Clock): UnknownSockets => {
  const unknown = new Map<WebSocket, Timer>();
  const remove = (socket: WebSocket): void => {
    unknown.get(socket)?.cancel();
    unknown.delete(socket);
  };
  return {
    add(socket) {
      const [oldest] = unknown.size >= MAX_UNKNOWN_SOCKETS ? unknown.keys() : [];
      if (oldest) {
        remove(oldest);
        oldest.close(1013, "request.rate-limited");
        oldest.terminate(); // its answer is not waited for: the bound holds now
      }
      // It counts until it is closed: one that does not answer the close is still there.
      const late = clock.after(EVENT_AUTH_MS, () => socket.close(4408, "auth.required"));
      unknown.set(socket, late);
    },
    remove,
  };
};
