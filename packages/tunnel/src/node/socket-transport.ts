// A transport on an upgraded socket: the tunnel's frames as binary messages of RFC 6455. A payload is its own write behind its head,
// never copied; what a turn writes leaves together.
import type { Socket } from "node:net";
import type { Clock } from "@s4t/kit";
import {
  applyMask,
  drawMask,
  encodeClose,
  encodeFrame,
  frameHead,
  opcodes,
  readSocket,
} from "@s4t/kit/node/websocket";
import { type EndReason, endReasons, FRAME_HEAD_BYTES, type FrameType } from "../frames.ts";
import { HIGH_WATER_BYTES, type Transport, type TransportListener } from "../transport.ts";
import { FrameReader } from "./frame-reader.ts";

/** How long the other end has to take a goodbye. */
export const CLOSE_TIMEOUT_MS = 2_000;
/** Smaller payloads are copied behind their head: one write is cheaper than two. */
const SMALL_BYTES = 512;

export interface SocketTransportOptions {
  readonly role: "dialer" | "acceptor";
  /**
   * Who dials must mask (RFC 6455, 5.3): against intermediaries that take payloads for requests. Over TLS there are none, on
   * loopback neither; a key of 0 is then as good and costs nothing. Elsewhere keys are random.
   */
  readonly isMaskFree: boolean;
  readonly clock: Clock;
}

/** Where nothing is masked, who dials says so in the form of a mask. */
const noMask = Buffer.alloc(4);

/** Makes one; `rest`: bytes that came behind the upgrade. */
export const createSocketTransport = (
  socket: Socket,
  rest: Buffer,
  { role, isMaskFree, clock }: SocketTransportOptions,
): Transport => {
  const isDialer = role === "dialer";
  let listener: TransportListener | undefined;
  let state: "open" | "closing" | "closed" = "open";
  let isCorked = false;
  /** Something was written in this turn of the loop. */
  let hasWritten = false;

  const uncork = (): void => {
    isCorked = false;
    socket.uncork();
  };
  /** What is written together leaves together: at once the first time, and once more when all sockets of the turn were read. */
  const cork = (): void => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    if (hasWritten) return;
    hasWritten = true;
    process.nextTick(uncork);
    setImmediate(() => {
      hasWritten = false;
      if (isCorked) uncork();
    });
  };

  const mustMask = isDialer && !isMaskFree;
  const newMask = (): Buffer | undefined => (mustMask ? drawMask() : isDialer ? noMask : undefined);

  const send = (
    type: FrameType,
    stream: number,
    payload?: Uint8Array,
    taken?: () => void,
  ): void => {
    if (state !== "open") {
      taken?.();
      return;
    }
    const length = FRAME_HEAD_BYTES + (payload?.length ?? 0);
    const isSmall = payload === undefined || payload.length <= SMALL_BYTES || mustMask;
    const room = isSmall ? length : FRAME_HEAD_BYTES;
    // Of a WebSocket frame, and of the tunnel's within it; a small payload behind.
    const { frame: head, at } = frameHead(opcodes.binary, length, newMask(), room);
    head[at] = type;
    head.writeUInt32BE(stream, at + 1);
    if (payload && isSmall) head.set(payload, at + FRAME_HEAD_BYTES);
    if (mustMask) applyMask(head, at, head.length, head.readInt32LE(at - 4));
    cork();
    if (!payload || isSmall) {
      socket.write(head);
      taken?.();
      return;
    }
    socket.write(head);
    if (taken) socket.write(payload, () => taken());
    else socket.write(payload);
  };

  const control = (opcode: number, payload: Buffer): void => {
    socket.write(encodeFrame(opcode, payload, newMask()));
  };

  const finish = (reason: EndReason, because: string): void => {
    if (state === "closed") return;
    state = "closed";
    listener?.onClose(reason, because);
  };

  const close = (reason: EndReason): void => {
    if (state !== "open") return;
    state = "closing";
    control(opcodes.close, encodeClose(1000, reason));
    socket.end();
    const cut = clock.after(CLOSE_TIMEOUT_MS, () => socket.destroy());
    socket.once("close", () => cut.cancel());
    if (reason === "lost") socket.destroy();
  };

  const reader = new FrameReader(!isDialer, {
    onFrame: (type, stream, payload, lease) => {
      if (state === "open") listener?.onFrame(type, stream, payload, lease);
    },
    onPing: (payload) => {
      // Who asks and never reads gets no answer: what waits stays bounded.
      if (state === "open" && socket.writableLength < HIGH_WATER_BYTES)
        control(opcodes.pong, payload);
    },
    onClose: (said) => {
      socket.end();
      finish(endReasons.find((reason) => reason === said) ?? "ended", "the other end said goodbye");
    },
    onViolation: (because) => {
      close("protocol");
      finish("protocol", because);
    },
  });

  return {
    send,
    close,
    listen(given) {
      listener = given;
      socket.on("drain", () => {
        if (state === "open") listener?.onDrain();
      });
      socket.on("error", () => {}); // told by the close that follows
      socket.on("end", () => socket.end());
      socket.on("close", () => finish("lost", "the connection broke"));
      // Nothing is delivered within this call.
      queueMicrotask(() => {
        if (socket.destroyed) return finish("lost", "the connection broke");
        if (rest.length > 0) reader.push(rest);
        readSocket(socket, (bytes, lease) => reader.push(bytes, lease));
        socket.resume();
      });
    },
    get bufferedBytes() {
      return socket.writableLength;
    },
  };
};
