// RFC 6455 frames without extensions, written. Pure: no socket, no timer.
import { applyMask } from "./mask.ts";

/** The opcodes that are spoken (RFC 6455, 5.2). */
export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** The longest payload of a control frame (RFC 6455, 5.5). */
export const MAX_CONTROL_BYTES = 125;

/**
 * The head of an unfragmented frame with `payloadBytes` behind it; `mask` (four bytes) at a client, none at a server. `room`: so many
 * bytes are left free behind the head, which ends at `at`.
 */
export const frameHead = (
  opcode: number,
  payloadBytes: number,
  mask?: Uint8Array,
  room = 0,
): { readonly frame: Buffer; readonly at: number } => {
  const lengthBytes = payloadBytes < 126 ? 0 : payloadBytes < 65_536 ? 2 : 8;
  const at = 2 + lengthBytes + (mask ? 4 : 0);
  const frame = Buffer.allocUnsafe(at + room);
  frame[0] = 0x80 | opcode;
  frame[1] = (mask ? 0x80 : 0) | (lengthBytes === 0 ? payloadBytes : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(payloadBytes, 2);
  else if (lengthBytes === 8) {
    frame.writeUInt32BE(Math.floor(payloadBytes / 2 ** 32), 2);
    frame.writeUInt32BE(payloadBytes % 2 ** 32, 6);
  }
  if (mask) frame.set(mask, at - 4);
  return { frame, at };
};

/** One unfragmented frame; `mask` (four bytes) at a client, none at a server. */
export const encodeFrame = (opcode: number, payload: Uint8Array, mask?: Uint8Array): Buffer => {
  const { frame, at } = frameHead(opcode, payload.length, mask, payload.length);
  frame.set(payload, at);
  if (mask) applyMask(frame, at, frame.length, frame.readInt32LE(at - 4));
  return frame;
};

/** A close frame's payload (RFC 6455, 5.5.1); the reason is cut to what fits, at a character. */
export const encodeClose = (code: number, reason: string): Buffer => {
  const payload = Buffer.alloc(MAX_CONTROL_BYTES);
  payload.writeUInt16BE(code, 0);
  // `write` never cuts a character in two.
  return payload.subarray(0, 2 + payload.write(reason, 2, "utf8"));
};
