// Bodies that are read while they come. One that is refused half-way is read to its end all the same, and dropped: its sender, who
// may still be writing, hears why, and the next request on the connection is not stuck behind what is left of this one.
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { Clock } from "@s4t/kit";

/** Most of a refused body that is read and dropped; beyond it the connection ends with the answer. */
export const MAX_DROPPED_BYTES = 67_108_864;
/** How long that may take. */
export const DROP_TIMEOUT_MS = 10_000;

/** A body as its reader takes it: whoever stops reading has not ended the connection. */
export const bodyStreamOf = (body: unknown): AsyncIterable<Uint8Array> =>
  body instanceof Readable
    ? { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) }
    : (body as AsyncIterable<Uint8Array>);

/** Reads and drops what is left; answers whether the connection can be used again. */
export const dropRest = (request: IncomingMessage, clock: Clock): Promise<boolean> => {
  // One that nobody began to read is Node's to drop, after the answer.
  if (!request.readableDidRead || request.readableEnded) return Promise.resolve(true);
  if (request.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    let dropped = 0;
    const end = (isOver: boolean): void => {
      timer.cancel();
      request.off("data", onData).off("end", onEnd).off("close", onClose).pause();
      resolve(isOver);
    };
    const onData = (piece: Uint8Array): void => {
      dropped += piece.length;
      if (dropped > MAX_DROPPED_BYTES) end(false);
    };
    const onEnd = (): void => end(true);
    const onClose = (): void => end(request.complete);
    const timer = clock.after(DROP_TIMEOUT_MS, () => end(false));
    request.on("data", onData).once("end", onEnd).once("close", onClose).resume();
  });
};
