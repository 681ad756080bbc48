// A transport on an upgraded socket: the tunnel's frames as binary messages of RFC 6455. A payload is its own write behind its head,
// never copied; what a turn writes leaves together.
import { randomFillSync } from "node:crypto";
import type { Socket } from "node:net";
import type { Clock } from "@s4t/kit";
import { type EndReason, endReasons, FRAME_HEAD_BYTES, type FrameType } from "../frames.ts";
import { HIGH_WATER_BYTES, type Transport, type TransportListener } from "../transport.ts";
import { FrameReader } from "./frame-reader.ts";
import { unmask } from "./mask.ts";
import { readSocket } from "./read-socket.ts";

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

const maskPool = Buffer.alloc(4_096);
let maskAt = maskPool.length;
const drawMask = (): Buffer => {
  if (maskAt === maskPool.length) {
    randomFillSync(maskPool);
    maskAt = 0;
  }
  maskAt += 4;
  return maskPool.subarray(maskAt - 4, maskAt);
};

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

  /** Head of a WebSocket frame, and of the tunnel's within it; room for a small payload behind. */
  const headOf = (opcode: number, length: number, room: number): { head: Buffer; at: number } => {
    const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const at = 2 + extra + (isDialer ? 4 : 0);
    const head = Buffer.allocUnsafe(at + room);
    head[0] = 0x80 | opcode;
    const bit = isDialer ? 0x80 : 0;
    if (extra === 0) head[1] = bit | length;
    else if (extra === 2) {
      head[1] = bit | 126;
      head.writeUInt16BE(length, 2);
    } else {
      head[1] = bit | 127;
      head.writeUInt32BE(0, 2);
      head.writeUInt32BE(length, 6);
    }
    if (isDialer) head.writeUInt32BE(0, at - 4);
    return { head, at };
  };
  const mustMask = isDialer && !isMaskFree;
  /** Masks what follows a head, where that must be. */
  const maskBehind = (head: Buffer, at: number): void => {
    if (!mustMask) return;
    const mask = drawMask();
    mask.copy(head, at - 4);
    unmask(head.subarray(at), mask, 0);
  };

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
    const { head, at } = headOf(2, length, isSmall ? length : FRAME_HEAD_BYTES);
    head[at] = type;
    head.writeUInt32BE(stream, at + 1);
    if (payload && isSmall) head.set(payload, at + FRAME_HEAD_BYTES);
    maskBehind(head, at);
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
    const { head, at } = headOf(opcode, payload.length, payload.length);
    head.set(payload, at);
    maskBehind(head, at);
    socket.write(head);
  };

  const finish = (reason: EndReason, because: string): void => {
    if (state === "closed") return;
    state = "closed";
    listener?.onClose(reason, because);
  };

  const close = (reason: EndReason): void => {
    if (state !== "open") return;
    state = "closing";
    // 1000, and the reason in words (RFC 6455, 5.5.1).
    control(8, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.from(reason)]));
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
      if (state === "open" && socket.writableLength < HIGH_WATER_BYTES) control(10, payload);
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
