// RFC 6455 frames → frames of the tunnel, as the bytes arrive: DATA is passed on piece by piece and never gathered; everything else
// is small. Pure: no socket, no timer. Fragmented messages are read too, since something between the ends may make them.
import { FRAME_HEAD_BYTES, frameTypes, MAX_PAYLOAD_BYTES } from "../frames.ts";
import type { Lease } from "../transport.ts";
import { unmask } from "./mask.ts";

export interface FrameReaderListener {
  onFrame(type: number, stream: number, payload: Uint8Array, lease?: Lease): void;
  onPing(payload: Buffer): void;
  /** `reason` is what the close frame says in words. */
  onClose(reason: string): void;
  /** Nothing more is read. */
  onViolation(because: string): void;
}

const MAX_CONTROL_BYTES = 125;
const noBytes = Buffer.alloc(0);
const opcodes = { continuation: 0, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Reads one direction. `masked`: whether frames must be (they are from who dialled). */
export class FrameReader {
  readonly #masked: boolean;
  readonly #listener: FrameReaderListener;
  /** What came of a head, or of a small payload, so far. */
  #rest: Buffer = noBytes;
  #done = false;
  /** Of the read that is under way. */
  #lease: Lease | undefined;
  #fin = true;
  /** Bytes of the WebSocket frame that are still to come; -1: its head is. */
  #leftBytes = -1;
  readonly #mask = Buffer.alloc(4);
  #isMasking = false;
  #maskAt = 0;
  /** Within a message: the frame's head, once it is whole. */
  #inMessage = false;
  #type = -1;
  #stream = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;

  constructor(masked: boolean, listener: FrameReaderListener) {
    this.#masked = masked;
    this.#listener = listener;
  }

  /** Reads on. The bytes are changed in place; with a lease they are passed on with it. */
  push(chunk: Buffer, lease?: Lease): void {
    let bytes = chunk;
    this.#lease = lease;
    while (!this.#done && bytes.length > 0) {
      if (this.#leftBytes !== -1) bytes = bytes.subarray(this.#readPayload(bytes));
      else if (this.#rest.length > 0) bytes = bytes.subarray(this.#completeHead(bytes));
      else {
        const used = this.#readHead(bytes);
        if (used === 0) this.#rest = Buffer.from(bytes); // what is kept must not be the reader's memory
        bytes = used === 0 ? noBytes : bytes.subarray(used);
      }
    }
    this.#lease = undefined;
  }

  /** A head that lies across reads: takes of `bytes` what it lacks, and no more, so that payloads are never joined. */
  #completeHead(bytes: Buffer): number {
    for (let taken = 1; taken <= bytes.length; taken += 1) {
      const head = Buffer.concat([this.#rest, bytes.subarray(0, taken)]);
      if (this.#readHead(head) === 0) continue;
      this.#rest = noBytes;
      return taken;
    }
    this.#rest = Buffer.concat([this.#rest, bytes]);
    return bytes.length;
  }

  #violate(because: string): number {
    this.#done = true;
    this.#listener.onViolation(because);
    return 1;
  }

  #readHead(bytes: Buffer): number {
    if (bytes.length < 2) return 0;
    const first = bytes[0] as number;
    const second = bytes[1] as number;
    const isMasked = (second & 0x80) !== 0;
    let length = second & 0x7f;
    const extra = length === 126 ? 2 : length === 127 ? 8 : 0;
    const headBytes = 2 + extra + (isMasked ? 4 : 0);
    if (bytes.length < headBytes) return 0;
    if ((first & 0x70) !== 0) return this.#violate("reserved bits");
    if (isMasked !== this.#masked) return this.#violate("wrong masking");
    if (extra === 2) length = bytes.readUInt16BE(2);
    else if (extra === 8) {
      if (bytes.readUInt32BE(2) !== 0) return this.#violate("a frame beyond its limit");
      length = bytes.readUInt32BE(6);
    }
    if (length > MAX_PAYLOAD_BYTES + FRAME_HEAD_BYTES)
      return this.#violate("a frame beyond its limit");
    const opcode = first & 0x0f;
    const fin = (first & 0x80) !== 0;
    if (opcode >= 8) {
      if (!fin || length > MAX_CONTROL_BYTES) return this.#violate("a control frame of wrong form");
      if (bytes.length < headBytes + length) return 0;
      const payload = Buffer.from(bytes.subarray(headBytes, headBytes + length));
      if (isMasked) unmask(payload, bytes.subarray(headBytes - 4, headBytes), 0);
      this.#control(opcode, payload);
      return headBytes + length;
    }
    if (opcode === opcodes.continuation ? !this.#inMessage : this.#inMessage)
      return this.#violate("fragments out of order");
    if (opcode !== opcodes.continuation && opcode !== opcodes.binary)
      return this.#violate("a message that is not binary");
    if (isMasked) bytes.copy(this.#mask, 0, headBytes - 4, headBytes);
    this.#isMasking = isMasked && this.#mask.readUInt32BE(0) !== 0;
    this.#maskAt = 0;
    this.#fin = fin;
    this.#leftBytes = length;
    if (!this.#inMessage) {
      this.#inMessage = true;
      this.#type = -1;
      this.#gathered = [];
      this.#gatheredBytes = 0;
    }
    if (length === 0) this.#endFrame();
    return headBytes;
  }

  #control(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#listener.onPing(payload);
    else if (opcode === opcodes.close) {
      this.#done = true;
      this.#listener.onClose(payload.toString("utf8", 2));
    } else if (opcode !== opcodes.pong) this.#violate("an opcode that is not known");
  }

  #readPayload(bytes: Buffer): number {
    const piece = bytes.length <= this.#leftBytes ? bytes : bytes.subarray(0, this.#leftBytes);
    if (this.#isMasking) unmask(piece, this.#mask, this.#maskAt);
    this.#maskAt += piece.length;
    this.#leftBytes -= piece.length;
    this.#takePiece(piece);
    if (this.#leftBytes === 0 && !this.#done) this.#endFrame();
    return piece.length;
  }

  #takePiece(piece: Buffer): void {
    if (this.#type === frameTypes.data) {
      if (piece.length > 0)
        this.#listener.onFrame(frameTypes.data, this.#stream, piece, this.#lease);
      return;
    }
    // What waits for more must not be the reader's memory.
    this.#gathered.push(this.#leftBytes === 0 && this.#fin ? piece : Buffer.from(piece));
    this.#gatheredBytes += piece.length;
    if (this.#gatheredBytes > MAX_PAYLOAD_BYTES + FRAME_HEAD_BYTES) {
      this.#violate("a message beyond its limit");
      return;
    }
    if (this.#type !== -1 || this.#gatheredBytes < FRAME_HEAD_BYTES) return;
    const all = this.#gathered.length === 1 ? piece : Buffer.concat(this.#gathered);
    this.#type = all[0] as number;
    this.#stream = all.readUInt32BE(1);
    const payload = all.subarray(FRAME_HEAD_BYTES);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (payload.length > 0) this.#takePiece(payload);
  }

  #endFrame(): void {
    this.#leftBytes = -1;
    if (!this.#fin) return;
    this.#inMessage = false;
    if (this.#type === frameTypes.data) return;
    if (this.#type === -1) {
      this.#violate("a message without a frame's head");
      return;
    }
    const [first = noBytes, ...more] = this.#gathered;
    const payload = more.length === 0 ? first : Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#listener.onFrame(this.#type, this.#stream, payload, this.#lease);
  }
}
