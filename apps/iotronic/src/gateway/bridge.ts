// Two streams of two tunnels joined: what one end sends, the other gets, from the memory that it was read into. Credit goes back as
// the network takes the bytes on: whoever reads slowly slows whoever writes.
import type { Stream } from "@s4t/tunnel";

const pour = (from: Stream, to: Stream): void => {
  const pass = (bytes: Uint8Array, giveBack?: () => void): void => {
    const { length } = bytes;
    to.write(bytes, () => {
      giveBack?.();
      from.consumed(length);
    });
  };
  from.listen({
    onData: pass,
    onLent: pass,
    onMessage: (message) => to.message(message),
    onEnd: () => to.end(),
    onReset: (reason) => to.reset(reason),
  });
};

/** Joins them; `onEnd` once, when both are over, with why. */
export const bridge = (client: Stream, board: Stream, onEnd: (reason: string) => void): void => {
  pour(client, board);
  pour(board, client);
  void Promise.all([client.ended, board.ended]).then(([reason]) => onEnd(reason));
};
