// A stream and a socket joined: bytes both ways, half-close kept, each end slowed to the other's pace. Bytes go from the memory that
// they were read into, and are never copied here.
import type { Socket } from "node:net";
import { readSocket } from "@s4t/kit/node/websocket";
import type { EndReason } from "../frames.ts";
import type { Stream } from "../stream.ts";
import { resetSocket } from "./reset-socket.ts";

/** Joins them; resolves when both ways are over, with why. The socket must not flow yet. */
export const pipeSocket = (stream: Stream, socket: Socket): Promise<EndReason> => {
  socket.allowHalfOpen = true;
  const onLent = (bytes: Uint8Array, giveBack?: () => void): void => {
    const { length } = bytes;
    socket.write(bytes, () => {
      giveBack?.();
      stream.consumed(length);
    });
  };
  stream.listen({
    onData: onLent,
    onLent,
    onEnd: () => socket.end(),
    onReset: (reason) => {
      if (reason === "ended") socket.end();
      else resetSocket(socket);
    },
    onDrain: () => socket.resume(),
  });
  readSocket(socket, (bytes, lease) => {
    lease?.hold();
    const isTaken = stream.write(bytes, lease && (() => lease.release()));
    if (!isTaken) socket.pause();
  });
  let isReadOut = false;
  socket.on("end", () => {
    isReadOut = true;
    stream.end();
  });
  socket.on("error", () => {}); // told by the close that follows
  socket.on("close", () => {
    // Both ways ended well here; what the stream still has to send may take its time. Otherwise the socket broke.
    if (!isReadOut || !socket.writableFinished) stream.reset("lost");
  });
  if (socket.destroyed) stream.reset("lost");
  else socket.resume();
  return stream.ended;
};
