// A stream and a socket joined: bytes both ways, half-close kept, each end slowed to the other's pace.
import type { Socket } from "node:net";
import type { EndReason } from "../frames.ts";
import type { Stream } from "../stream.ts";

/** Joins them; resolves when both ways are over, with why. The socket must not flow yet. */
export const pipeSocket = (stream: Stream, socket: Socket): Promise<EndReason> => {
  socket.allowHalfOpen = true;
  stream.listen({
    onData(bytes) {
      const { length } = bytes;
      socket.write(bytes, () => stream.consumed(length));
    },
    onEnd: () => socket.end(),
    onReset: (reason) => {
      if (reason === "ended") socket.end();
      else socket.resetAndDestroy();
    },
    onDrain: () => socket.resume(),
  });
  socket.on("data", (chunk: Buffer) => {
    if (!stream.write(chunk)) socket.pause();
  });
  socket.on("end", () => stream.end());
  socket.on("error", () => {}); // told by the close that follows
  // After both ways ended this changes nothing; else the socket broke.
  socket.on("close", () => stream.reset("lost"));
  if (socket.destroyed) stream.reset("lost");
  else socket.resume();
  return stream.ended;
};
