// RFC 6455 frames without extensions, read: bytes cut anywhere → pieces of messages, as they arrive, and control frames. Pure: no
// socket, no timer. Nothing is gathered but a head or a control frame that lies across reads. It stops at the first violation and
// names the close code that it deserves (RFC 6455, 7.4.1):
//
//   1002 protocol error    reserved bits or opcodes, bad masking, broken fragmentation, bad control or close frames
//   1007 invalid payload   a close reason that is not UTF-8
//   1009 too big           a message beyond the limit, refused by its header before any of it is read
//
// It does NOT insist on the shortest length encoding: senders must use it, but `ws` reads others too.
import { isUtf8 } from "node:buffer";
import { MAX_CONTROL_BYTES, opcodes } from "./frames.ts";
import { applyMask, turnMask } from "./mask.ts";

/** How frames are read. */
export interface FrameParserOptions {
  /** True at a server, false at a client: only clients mask. */
  readonly masked: boolean;
  /** All fragments together. */
  readonly maxMessageBytes: number;
}

const noBytes = Buffer.alloc(0);

const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
  (code >= 3000 && code <= 4999);

/**
 * Reads one direction of a connection; what is read goes to the methods that a subclass has. Bytes are changed in place, and are lent
 * for the call in which they are handed on. After `onClose` or `onViolation` nothing more comes.
 */
export abstract class FrameParser {
  protected readonly options: FrameParserOptions;
  #isDone = false;
  /** What came so far of a head that lies across reads, or of a control frame's payload. */
  #part: Buffer = noBytes;
  /** Of the frame under way: its opcode, or -1 before its head is whole. */
  #opcode = -1;
  #fin = false;
  #mask = 0;
  #leftBytes = 0;
  /** Of the frame under way, so many bytes were read. */
  #readBytes = 0;
  /** Of the message under way: what all of its frames have; -1: there is none. */
  #messageBytes = -1;

  constructor(options: FrameParserOptions) {
    this.options = options;
  }

  /** A data frame begins: `opcode` is that of the frame. */
  protected abstract onFrame(opcode: number, fin: boolean): void;
  /** A piece of its payload; the last may be empty. `isAscii`: known to be nothing else. */
  protected abstract onPiece(piece: Buffer, isLast: boolean, isAscii: boolean): void;
  protected abstract onPing(payload: Buffer): void;
  protected abstract onPong(): void;
  /** `code` is 1005 when the peer gave none. */
  protected abstract onClose(code: number, reason: string): void;
  protected abstract onViolation(code: number, because: string): void;

  /** Nothing more is read. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Of the frame under way, so much is still to come. */
  protected get leftBytes(): number {
    return this.#leftBytes;
  }

  /** The next byte begins a message, or a control frame between messages. */
  protected get isBetweenMessages(): boolean {
    return this.#messageBytes === -1 && this.#opcode === -1 && this.#part.length === 0;
  }

  /** Reads a head, or what there is of a payload; answers where it has got to. */
  protected step(chunk: Buffer, at: number): number {
    if (this.#opcode === -1) return this.#readHead(chunk, at);
    const end = Math.min(chunk.length, at + this.#leftBytes);
    const key = turnMask(this.#mask, this.#readBytes);
    const isAscii = this.options.masked && applyMask(chunk, at, end, key);
    this.#readBytes += end - at;
    this.#leftBytes -= end - at;
    const piece = chunk.subarray(at, end);
    if (this.#opcode >= opcodes.close) this.#takeControl(piece);
    else this.#takePiece(piece, isAscii);
    return end;
  }

  protected violate(code: number, because: string): void {
    if (this.#isDone) return;
    this.#finish();
    this.onViolation(code, because);
  }

  #finish(): void {
    this.#isDone = true;
    this.#part = noBytes;
  }

  #takePiece(piece: Buffer, isAscii: boolean): void {
    const isLast = this.#leftBytes === 0;
    if (isLast) {
      this.#opcode = -1;
      if (this.#fin) this.#messageBytes = -1;
    }
    this.onPiece(piece, isLast, isAscii);
  }

  #takeControl(piece: Buffer): void {
    const payload = this.#part.length === 0 ? piece : Buffer.concat([this.#part, piece]);
    if (this.#leftBytes > 0) {
      this.#part = this.#part.length === 0 ? Buffer.from(piece) : payload;
      return;
    }
    const opcode = this.#opcode;
    this.#opcode = -1;
    this.#part = noBytes;
    if (opcode === opcodes.ping) this.onPing(payload);
    else if (opcode === opcodes.pong) this.onPong();
    else this.#onClose(payload);
  }

  #onClose(payload: Buffer): void {
    const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    if (payload.length === 1) this.violate(1002, "A close code has two bytes.");
    else if (payload.length > 0 && !isCloseCode(code))
      this.violate(1002, `${code} is no close code.`);
    else if (!isUtf8(reason)) this.violate(1007, "A close reason is not UTF-8.");
    else {
      this.#finish();
      this.onClose(code, reason.toString("utf8"));
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    if (this.#part.length === 0) {
      const behind = this.#takeHead(chunk, at);
      if (behind !== -1) return behind;
      // Kept until more comes: it must not be the memory of the read.
      this.#part = Buffer.from(chunk.subarray(at));
      return chunk.length;
    }
    // Takes what it lacks and no more: a byte at a time, fourteen at most.
    const head = Buffer.concat([this.#part, chunk.subarray(at, at + 1)]);
    this.#part = this.#takeHead(head, 0) === -1 ? head : noBytes;
    return at + 1;
  }

  /** Takes the head that begins at `at`; answers what lies behind it, or -1 where it is not whole. */
  #takeHead(bytes: Buffer, at: number): number {
    const first = bytes[at];
    const second = bytes[at + 1];
    if (first === undefined || second === undefined) return -1;
    const opcode = first & 0x0f;
    const because = this.#refuse(first, second, opcode);
    if (because !== undefined) return this.#stop(1002, because);
    let size = second & 0x7f;
    let from = at + 2;
    if (size === 126) {
      if (bytes.length < from + 2) return -1;
      size = bytes.readUInt16BE(from);
      from += 2;
    } else if (size === 127) {
      if (bytes.length < from + 8) return -1;
      size = bytes.readUInt32BE(from) * 2 ** 32 + bytes.readUInt32BE(from + 4);
      from += 8;
    }
    const { masked, maxMessageBytes } = this.options;
    const isData = opcode < opcodes.close;
    const before = Math.max(this.#messageBytes, 0);
    // By its length alone, before the mask has come.
    if (isData && before + size > maxMessageBytes)
      return this.#stop(1009, `A message may have ${maxMessageBytes} bytes.`);
    if (masked) {
      if (bytes.length < from + 4) return -1;
      this.#mask = bytes.readInt32LE(from);
      from += 4;
    }
    this.#begin(opcode, size, (first & 0x80) !== 0);
    return from;
  }

  #begin(opcode: number, payloadBytes: number, fin: boolean): void {
    this.#part = noBytes;
    this.#opcode = opcode;
    this.#leftBytes = payloadBytes;
    this.#readBytes = 0;
    if (opcode < opcodes.close) {
      this.#fin = fin;
      this.#messageBytes = Math.max(this.#messageBytes, 0) + payloadBytes;
      this.onFrame(opcode, fin);
    }
    if (payloadBytes > 0 || this.#isDone) return;
    // Nothing will come that it could end with.
    if (opcode < opcodes.close) this.#takePiece(noBytes, true);
    else this.#takeControl(noBytes);
  }

  #stop(code: number, because: string): number {
    this.violate(code, because);
    return 0;
  }

  /** What the first two bytes alone tell against a frame. */
  #refuse(first: number, second: number, opcode: number): string | undefined {
    if (first & 0x70) return "Reserved bits are set.";
    if (opcode > opcodes.pong || (opcode > opcodes.binary && opcode < opcodes.close))
      return `The opcode ${opcode} is reserved.`;
    if (opcode >= opcodes.close) {
      if (!(first & 0x80)) return "A control frame is fragmented.";
      if ((second & 0x7f) > MAX_CONTROL_BYTES) return "A control frame is too long.";
    } else if (opcode === opcodes.continuation) {
      if (this.#messageBytes === -1) return "A continuation continues nothing.";
    } else if (this.#messageBytes !== -1) return "A message begins within another.";
    if (((second & 0x80) !== 0) !== this.options.masked)
      return this.options.masked
        ? "A client's frame is not masked."
        : "A server's frame is masked.";
    return undefined;
  }
}
