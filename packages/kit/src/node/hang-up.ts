// The last word on a connection that an HTTP server looks after no more: an upgrade that is refused, or what is not HTTP at all.
import type { Duplex } from "node:stream";

/** How long a client that is hung up on has to read why, and to leave by itself. */
export const HANG_UP_MS = 1_000;

/** Says it, and lets go of the socket: when the client closes, or when its time is over. No descriptor is the client's to keep. */
export const hangUp = (socket: Duplex, text: string): void => {
  const cut = setTimeout(() => socket.destroy(), HANG_UP_MS);
  socket.once("close", () => clearTimeout(cut));
  socket.on("error", () => socket.destroy());
  // Nobody reads it any more: unread, its end would never be seen.
  socket.resume();
  socket.end(text);
};
