// Two streams of two tunnels joined: what one end sends, the other gets, with the credit of whoever reads it.
import type { Stream } from "@s4t/tunnel";

/** Joins them; `onEnd` once, when both directions are over, with why. */
export const bridge = (client: Stream, board: Stream, onEnd: (reason: string) => void): void => {
  let open = 2;
  let isOver = false;
  const finish = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    onEnd(reason);
  };
  const pour = (from: Stream, to: Stream): void => {
    /** Bytes that were passed on and not yet given credit for: the reader of `to` is behind. */
    let waiting = 0;
    from.listen({
      onData(bytes) {
        if (to.write(bytes)) from.consumed(bytes.length);
        else waiting += bytes.length;
      },
      onMessage: (message) => to.message(message),
      onEnd() {
        to.end();
        open -= 1;
        if (open === 0) finish("ended");
      },
      onReset(code) {
        to.reset(code);
        finish(code);
      },
      onDrain() {
        release.get(from)?.();
      },
    });
    release.set(to, () => {
      from.consumed(waiting);
      waiting = 0;
    });
  };
  const release = new Map<Stream, () => void>();
  pour(client, board);
  pour(board, client);
};
