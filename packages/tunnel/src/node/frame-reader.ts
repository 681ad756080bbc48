// Frames of a WebSocket → frames of the tunnel, as the bytes arrive: DATA is passed on piece by piece and never gathered; everything
// else is small. Fragmented messages are read too, since something between the ends may make them.
import type { Lease } from "@s4t/kit";
import { FrameParser, opcodes } from "@s4t/kit/node/websocket";
import { FRAME_HEAD_BYTES, frameTypes, MAX_PAYLOAD_BYTES } from "../frames.ts";

export interface FrameReaderListener {
  onFrame(type: number, stream: number, payload: Uint8Array, lease?: Lease): void;
  /** The bytes are lent for this call. */
  onPing(payload: Buffer): void;
  /** `reason` is what the close frame says in words. */
  onClose(reason: string): void;
  /** Nothing more is read. */
  onViolation(because: string): void;
}

const noBytes = Buffer.alloc(0);

/** Reads one direction. `masked`: whether frames must be (they are from who dialled). */
export class FrameReader extends FrameParser {
  readonly #listener: FrameReaderListener;
  /** Of the read that is under way. */
  #lease: Lease | undefined;
  #isWhole = false;
  /** Within a message: the frame's head, once it is whole. */
  #type = -1;
  #stream = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;

  constructor(masked: boolean, listener: FrameReaderListener) {
    super({ masked, maxMessageBytes: MAX_PAYLOAD_BYTES + FRAME_HEAD_BYTES });
    this.#listener = listener;
  }

  /** Reads on. The bytes are changed in place; with a lease they are passed on with it. */
  push(chunk: Buffer, lease?: Lease): void {
    this.#lease = lease;
    for (let at = 0; at < chunk.length && !this.isDone; ) at = this.step(chunk, at);
    this.#lease = undefined;
  }

  protected onFrame(opcode: number, fin: boolean): void {
    this.#isWhole = fin;
    if (opcode === opcodes.text) this.violate(1003, "a message that is not binary");
    if (opcode === opcodes.continuation) return;
    this.#type = -1;
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  protected onPiece(piece: Buffer, isLast: boolean): void {
    const isEnd = isLast && this.#isWhole;
    if (piece.length > 0) this.#takePiece(piece, isEnd);
    if (isEnd && this.#type !== frameTypes.data) this.#endMessage();
  }

  #takePiece(piece: Buffer, isEnd: boolean): void {
    if (this.#type === frameTypes.data) {
      this.#listener.onFrame(frameTypes.data, this.#stream, piece, this.#lease);
      return;
    }
    // What waits for more must not be the reader's memory.
    this.#gathered.push(isEnd ? piece : Buffer.from(piece));
    this.#gatheredBytes += piece.length;
    if (this.#type !== -1 || this.#gatheredBytes < FRAME_HEAD_BYTES) return;
    const all = this.#gathered.length === 1 ? piece : Buffer.concat(this.#gathered);
    this.#type = all[0] as number;
    this.#stream = all.readUInt32BE(1);
    const payload = all.subarray(FRAME_HEAD_BYTES);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (payload.length > 0) this.#takePiece(payload, isEnd);
  }

  #endMessage(): void {
    if (this.#type === -1) {
      this.violate(1002, "a message without a frame's head");
      return;
    }
    const [first = noBytes, ...more] = this.#gathered;
    const payload = more.length === 0 ? first : Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#listener.onFrame(this.#type, this.#stream, payload, this.#lease);
  }

  protected onPing(payload: Buffer): void {
    this.#listener.onPing(payload);
  }

  protected onPong(): void {}

  protected onClose(_code: number, reason: string): void {
    this.#listener.onClose(reason);
  }

  protected onViolation(_code: number, because: string): void {
    this.#listener.onViolation(because);
  }
}
