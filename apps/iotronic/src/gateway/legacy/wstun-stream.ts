// One TCP connection's WebSocket of an original board as a stream, so that doors lead to it as to any other.
import type { Clock, Timer } from "@s4t/kit";
import type { EndReason, Stream, StreamListener } from "@s4t/tunnel";
import type { WstunSocket } from "./wstun-socket.ts";

/** Bytes that a reader may owe before the board is held up. */
const window = 262_144;
/**
 * These tunnels know no half-close: whoever has said all is heard as gone. So the board hears of it only when it has been quiet for as
 * long: what it still answers comes through.
 */
export const WSTUN_END_QUIET_MS = 1_000;

/** Makes it. */
export const createWstunStream = (socket: WstunSocket, clock: Clock): Stream => {
  let listener: StreamListener | undefined;
  let owed = 0;
  let isHeld = false;
  let over: EndReason | undefined;
  let quiet: Timer | undefined;
  let heard: () => void = () => {};
  const counts = { in: 0, out: 0 };
  const ended = new Promise<EndReason>((resolve) => {
    heard = () => resolve(over ?? "lost");
  });
  const finish = (reason: EndReason): void => {
    if (over !== undefined) return;
    over = reason;
    quiet?.cancel();
    listener?.onReset(reason);
    heard();
  };
  const waitQuiet = (): void => {
    quiet?.cancel();
    quiet = clock.after(WSTUN_END_QUIET_MS, () => socket.close());
  };
  return {
    write(bytes, taken) {
      counts.out += bytes.length;
      return socket.bytes(bytes, taken);
    },
    message() {},
    end: waitQuiet,
    reset(reason) {
      if (over !== undefined) return;
      over = reason;
      quiet?.cancel();
      socket.close();
      heard();
    },
    listen(given) {
      listener = given;
      socket.listen({
        onBytes(piece) {
          if (over !== undefined) return;
          if (quiet) waitQuiet();
          counts.in += piece.length;
          owed += piece.length;
          // The memory is the next read's.
          given.onData(Buffer.from(piece));
          if (owed < window || isHeld) return;
          isHeld = true;
          socket.pause();
        },
        onDrain: () => given.onDrain?.(),
        onEnd: (isClean) => finish(isClean || quiet ? "ended" : "lost"),
      });
    },
    consumed(bytes) {
      owed -= bytes;
      if (!isHeld || owed > window / 2) return;
      isHeld = false;
      socket.resume();
    },
    get bytesIn() {
      return counts.in;
    },
    get bytesOut() {
      return counts.out;
    },
    ended,
  };
};
