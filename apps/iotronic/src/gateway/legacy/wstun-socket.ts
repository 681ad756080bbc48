// A WebSocket of the original's tunnels, at the server: bytes in binary messages, whole or in fragments, passed on as they come and
// never gathered; text for what the two ends say to each other. It decides nothing.
import type { Socket } from "node:net";
import type { Clock, Timer } from "@s4t/kit";
import { encodeClose, encodeFrame, FrameParser, frameHead, opcodes } from "@s4t/kit/node/websocket";
import { type KeepAlive, startKeepAlive } from "@s4t/wamp/node";

/** Longest message of a client: bytes are passed on piece by piece, so that it bounds nothing but a mistake. */
const longestMessage = 1_073_741_824;
/** Longest frame that is sent: their library takes no more at once. */
const longestFrame = 65_536;
/** Bytes that may wait for the network before whoever writes is told to wait. */
const highWater = 262_144;
/** How often a client is pinged; one that was not heard in between is gone, as with the original's server. */
export const WSTUN_PING_EVERY_MS = 15_000;
/** How long the other end has to take a goodbye. */
const closeTimeoutMs = 2_000;

export interface WstunListener {
  /** Bytes that are lent for the call. */
  onBytes(piece: Buffer): void;
  /** What was written has gone: write on. */
  onDrain(): void;
  /** Once, last. `isClean`: it said goodbye. */
  onEnd(isClean: boolean): void;
}

interface ReaderListener {
  onBytes(piece: Buffer): void;
  onPing(payload: Buffer): void;
  onPong(): void;
  /** `code`: of the violation that ended it; undefined for a goodbye. */
  onDone(code: number | undefined): void;
}

/** Reads until it has ended. */
class Reader extends FrameParser {
  readonly #of: ReaderListener;
  readonly #takesBytes: boolean;

  constructor(takesBytes: boolean, of: ReaderListener) {
    super({ masked: true, maxMessageBytes: longestMessage });
    this.#takesBytes = takesBytes;
    this.#of = of;
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.isDone; ) at = this.step(chunk, at);
  }

  protected onFrame(opcode: number): void {
    if (opcode === opcodes.text || !this.#takesBytes) this.violate(1003, "Only bytes are taken.");
  }
  protected onPiece(piece: Buffer): void {
    if (piece.length > 0 && !this.isDone) this.#of.onBytes(piece);
  }
  protected onPing(payload: Buffer): void {
    this.#of.onPing(payload);
  }
  protected onPong(): void {
    this.#of.onPong();
  }
  protected onClose(): void {
    this.#of.onDone(undefined);
  }
  protected onViolation(code: number): void {
    this.#of.onDone(code);
  }
}

export interface WstunSocket {
  text(message: string): void;
  /** Sends bytes; false: wait for `onDrain`. They must not change until `taken` was called. */
  bytes(bytes: Uint8Array, taken?: () => void): boolean;
  /** Whether it answers a ping within this time. */
  isAlive(withinMs: number): Promise<boolean>;
  pause(): void;
  resume(): void;
  close(): void;
  /** At once, without a word. */
  destroy(): void;
  listen(listener: WstunListener): void;
}

/** Takes over a socket whose upgrade was accepted; `rest`: what came behind it. `takesBytes`: a control connection's client sends none. */
export const createWstunSocket = (
  socket: Socket,
  rest: Buffer,
  clock: Clock,
  takesBytes: boolean,
): WstunSocket => {
  let listener: WstunListener | undefined;
  let isOpen = true;
  let isClean = false;
  let closing: Timer | undefined;
  const waiting = new Set<() => void>();
  socket.setNoDelay(true);
  socket.setTimeout(0);
  // For one that is held up by its reader, and answers no ping meanwhile.
  socket.setKeepAlive(true, WSTUN_PING_EVERY_MS);

  const say = (opcode: number, payload: Uint8Array): void => {
    if (socket.writable) socket.write(encodeFrame(opcode, payload));
  };
  const leave = (code: number): void => {
    if (!isOpen) return;
    isOpen = false;
    say(opcodes.close, encodeClose(code, ""));
    socket.end();
    closing = clock.after(closeTimeoutMs, () => socket.destroy());
  };
  const reader = new Reader(takesBytes, {
    onBytes: (piece) => listener?.onBytes(piece),
    onPing: (payload) => {
      if (isOpen && socket.writableLength < highWater) say(opcodes.pong, payload);
    },
    onPong: () => {
      for (const answered of [...waiting]) answered();
    },
    onDone: (code) => {
      isClean ||= code === undefined && isOpen;
      leave(code ?? 1000);
    },
  });
  const ping = (): void => say(opcodes.ping, Buffer.alloc(0));
  const keepAlive: KeepAlive = startKeepAlive(clock, WSTUN_PING_EVERY_MS, {
    ping,
    gone: () => {
      // One that is held up by its reader is not heard, and is there all the same.
      if (!socket.isPaused()) socket.destroy();
    },
    bytesRead: () => socket.bytesRead,
  });
  socket.on("error", () => {}); // told by the close that follows
  socket.on("end", () => socket.end());
  socket.on("drain", () => listener?.onDrain());
  socket.on("close", () => {
    isOpen = false;
    keepAlive.stop();
    closing?.cancel();
    const last = listener;
    listener = undefined;
    last?.onEnd(isClean);
  });
  return {
    text: (message) => say(opcodes.text, Buffer.from(message)),
    bytes(bytes, taken) {
      if (!isOpen || !socket.writable) {
        taken?.();
        return true;
      }
      socket.cork();
      for (let at = 0; at < bytes.length; at += longestFrame) {
        const part = bytes.subarray(at, at + longestFrame);
        socket.write(frameHead(opcodes.binary, part.length).frame);
        if (at + longestFrame >= bytes.length) socket.write(part, () => taken?.());
        else socket.write(part);
      }
      socket.uncork();
      if (bytes.length === 0) taken?.();
      return socket.writableLength < highWater;
    },
    isAlive: (withinMs) =>
      new Promise((resolve) => {
        const done = (isThere: boolean) => (): void => {
          waiting.delete(answered);
          timer.cancel();
          resolve(isThere);
        };
        const answered = done(true);
        const timer = clock.after(withinMs, done(false));
        waiting.add(answered);
        if (isOpen) ping();
        else done(false)();
      }),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => leave(1000),
    destroy: () => void socket.destroy(),
    listen(given) {
      listener = given;
      // Nothing is delivered within this call.
      queueMicrotask(() => {
        if (socket.destroyed) return;
        if (rest.length > 0) reader.push(rest);
        socket.on("data", (chunk: Buffer) => reader.push(chunk));
        socket.resume();
      });
    },
  };
};
