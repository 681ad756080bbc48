// Frames of a WebSocket → frames of the tunnel, as the bytes arrive: DATA is passed on piece by piece and never gathered; everything
// else is small. Fragmented messages are read too, since something between the ends may make them.
import type { Lease } from "@s4t/kit";
import { FrameParser, Gathered, opcodes } from "@s4t/kit/node/websocket";
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

/** Reads one direction. `masked`: whether frames must be (they are from who dialled). */
export class FrameReader extends FrameParser {
  readonly #listener: FrameReaderListener;
  /** Of the read that is under way. */
  #lease: Lease | undefined;
  #isWhole = false;
  /** Within a message: the frame's head, once it is whole. */
  #type = -1;
  #stream = 0;
  /** What waits for more: of a head, or of a payload that is not DATA. */
  #gathered: Gathered | undefined;

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
  }

  protected onPiece(piece: Buffer, isLast: boolean): void {
    const isEnd = isLast && this.#isWhole;
    if (this.#type === frameTypes.data) this.#onData(piece);
    else {
      let bytes = piece;
      if (this.#gathered !== undefined) {
        this.#gathered.add(piece, this.leftBytes);
        bytes = this.#gathered.bytes;
      }
      if (this.#type === -1) bytes = this.#takeHead(bytes);
      if (this.#type === frameTypes.data) this.#onData(bytes);
      else if (!isEnd) this.#keep(bytes);
      else this.#onWhole(bytes);
    }
    if (isEnd) this.#gathered = undefined;
  }

  /** Reads the head once it is there; answers what lies behind it. */
  #takeHead(bytes: Buffer): Buffer {
    if (bytes.length < FRAME_HEAD_BYTES) return bytes;
    this.#type = bytes[0] as number;
    this.#stream = bytes.readUInt32BE(1);
    this.#gathered = undefined;
    return bytes.subarray(FRAME_HEAD_BYTES);
  }

  /** What waits for more must not be the memory of the read. */
  #keep(bytes: Buffer): void {
    if (this.#gathered !== undefined || bytes.length === 0) return;
    this.#gathered = new Gathered();
    this.#gathered.add(bytes, this.leftBytes);
  }

  #onData(bytes: Buffer): void {
    if (bytes.length > 0) this.#listener.onFrame(frameTypes.data, this.#stream, bytes, this.#lease);
  }

  #onWhole(payload: Buffer): void {
    if (this.#type === -1) this.violate(1002, "a message without a frame's head");
    else this.#listener.onFrame(this.#type, this.#stream, payload, this.#lease);
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
