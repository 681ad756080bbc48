// RFC 6455 frames without extensions: bytes → messages and control frames, and back. Pure: no socket, no timer. The reader
// stops at the first violation and names the close code that it deserves (RFC 6455, 7.4.1):
//
//   1002 protocol error    reserved bits or opcodes, bad masking, broken fragmentation, bad control or close frames
//   1007 invalid payload   text that is not UTF-8
//   1008 policy            a message in absurdly many fragments
//   1009 too big           a message beyond the limit, refused by its header before it is buffered
//
// It does NOT insist on the shortest length encoding: senders must use it, but `ws` reads others too.
import { isAscii, isUtf8 } from "node:buffer";
import { applyMask } from "./masking.ts";
import { PieceQueue } from "./piece-queue.ts";

/** The opcodes that are spoken. */
export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** One message may come in this many frames: more is a flood of headers that holds memory for nothing. */
export const MAX_FRAGMENTS = 4_096;

const MAX_CONTROL_BYTES = 125;

/** Who hears a {@link FrameReader}. After `onClose` or `onViolation` nothing more comes. */
export interface FrameListener {
  onMessage(data: string | Uint8Array): void;
  onPing(data: Buffer): void;
  onPong(): void;
  /** `code` is 1005 when the peer gave none. */
  onClose(code: number, reason: string): void;
  onViolation(code: number, because: string): void;
}

/** How frames are read. */
export interface FrameReaderOptions {
  /** True at a server, false at a client: only clients mask. */
  readonly masked: boolean;
  readonly maxMessageBytes: number;
}

interface Head {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payloadBytes: number;
  /** As the 32-bit number that its four bytes are, least significant first. */
  readonly mask: number | undefined;
}

const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
  (code >= 3000 && code <= 4999);

/** The length that does not fit the second byte of a head. */
const readLength = (head: Buffer): number =>
  ((head[1] as number) & 0x7f) === 126
    ? head.readUInt16BE(2)
    : head.readUInt32BE(2) * 2 ** 32 + head.readUInt32BE(6);

/** Reads frames from chunks cut anywhere. */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #listener: FrameListener;
  /** What came of the frame under way, and behind it. */
  readonly #waiting = new PieceQueue();
  #head: Head | undefined;
  #done = false;
  /** The message under way: its opcode and the fragments so far. */
  #opcode: number | undefined;
  #fragments: Buffer[] = [];
  #messageBytes = 0;

  constructor(options: FrameReaderOptions, listener: FrameListener) {
    this.#options = options;
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    if (this.#done) return;
    const rest = this.#waiting.bytes === 0 && !this.#head ? this.#readWhole(chunk) : chunk;
    if (rest.length === 0 || this.#done) return;
    this.#waiting.push(rest);
    while (!this.#done) {
      this.#head ??= this.#readHead();
      if (!this.#head || this.#waiting.bytes < this.#head.payloadBytes) return;
      const head = this.#head;
      this.#head = undefined;
      const payload = this.#waiting.take(head.payloadBytes);
      if (head.mask !== undefined) applyMask(payload, 0, payload.length, head.mask);
      if (head.opcode >= opcodes.close) this.#onControl(head.opcode, payload);
      else this.#onData(head, payload);
    }
  }

  /** Takes the whole small messages at the start of a chunk, which is what nearly all chunks are made of; answers the rest. */
  #readWhole(chunk: Buffer): Buffer {
    const maskBytes = this.#options.masked ? 4 : 0;
    const maskBit = this.#options.masked ? 0x80 : 0;
    let at = 0;
    while (this.#opcode === undefined && !this.#done) {
      const first = chunk[at];
      const second = chunk[at + 1];
      // One frame, text or binary, of the length that its head needs no more than two bytes for.
      if ((first !== 0x81 && first !== 0x82) || second === undefined) break;
      if ((second & 0x80) !== maskBit) break;
      const short = second & 0x7f;
      let from = at + 2;
      let size = short;
      if (short === 126) {
        if (chunk.length < from + 2) break;
        size = ((chunk[from] as number) << 8) | (chunk[from + 1] as number);
        from += 2;
      } else if (short === 127) break;
      const end = from + maskBytes + size;
      if (end > chunk.length || size > this.#options.maxMessageBytes) break;
      if (maskBytes > 0) {
        const mask = chunk.readInt32LE(from);
        from += maskBytes;
        applyMask(chunk, from, end, mask);
      }
      at = end;
      if (first === 0x82) this.#listener.onMessage(chunk.subarray(from, end));
      else this.#onText(chunk.subarray(from, end));
    }
    return at === 0 ? chunk : chunk.subarray(at);
  }

  #onText(bytes: Buffer): void {
    // Most text is ASCII, and that is the cheapest to make a string of.
    if (isAscii(bytes)) this.#listener.onMessage(bytes.toString("latin1"));
    else if (isUtf8(bytes)) this.#listener.onMessage(bytes.toString("utf8"));
    else this.#violate(1007, "A text message is not UTF-8.");
  }

  /** The next head, once all of its bytes are there. */
  #readHead(): Head | undefined {
    if (this.#waiting.bytes < 2) return undefined;
    const start = this.#waiting.peek(2);
    const first = start[0] as number;
    const second = start[1] as number;
    const because = this.#refuse(first, second);
    if (because !== undefined) return this.#violate(1002, because);
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const maskBytes = second & 0x80 ? 4 : 0;
    if (this.#waiting.bytes < 2 + lengthBytes) return undefined;
    const opcode = first & 0x0f;
    const payloadBytes =
      lengthBytes === 0 ? short : readLength(this.#waiting.peek(2 + lengthBytes));
    // By its length alone, before the mask has come.
    if (opcode < opcodes.close && this.#messageBytes + payloadBytes > this.#options.maxMessageBytes)
      return this.#violate(1009, `A message may have ${this.#options.maxMessageBytes} bytes.`);
    const headBytes = 2 + lengthBytes + maskBytes;
    if (this.#waiting.bytes < headBytes) return undefined;
    const bytes = this.#waiting.take(headBytes);
    return {
      fin: (first & 0x80) !== 0,
      opcode,
      payloadBytes,
      mask: maskBytes ? bytes.readInt32LE(2 + lengthBytes) : undefined,
    };
  }

  /** What the first two bytes alone tell against a frame. */
  #refuse(first: number, second: number): string | undefined {
    if (first & 0x70) return "Reserved bits are set.";
    const opcode = first & 0x0f;
    if (opcode > opcodes.pong || (opcode > opcodes.binary && opcode < opcodes.close))
      return `The opcode ${opcode} is reserved.`;
    if (opcode >= opcodes.close) {
      if (!(first & 0x80)) return "A control frame is fragmented.";
      if ((second & 0x7f) > MAX_CONTROL_BYTES) return "A control frame is too long.";
    } else if (opcode === opcodes.continuation) {
      if (this.#opcode === undefined) return "A continuation continues nothing.";
    } else if (this.#opcode !== undefined) return "A message begins within another.";
    if (((second & 0x80) !== 0) !== this.#options.masked)
      return this.#options.masked
        ? "A client's frame is not masked."
        : "A server's frame is masked.";
    return undefined;
  }

  #onControl(opcode: number, payload: Buffer): void {
    if (opcode === opcodes.ping) this.#listener.onPing(payload);
    else if (opcode === opcodes.pong) this.#listener.onPong();
    else this.#onClose(payload);
  }

  #onClose(payload: Buffer): void {
    const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
    const reason = payload.subarray(2);
    if (payload.length === 1) this.#violate(1002, "A close code has two bytes.");
    else if (payload.length > 0 && !isCloseCode(code))
      this.#violate(1002, `${code} is no close code.`);
    else if (!isUtf8(reason)) this.#violate(1007, "A close reason is not UTF-8.");
    else {
      this.#finish();
      this.#listener.onClose(code, reason.toString("utf8"));
    }
  }

  #onData({ fin, opcode }: Head, payload: Buffer): void {
    this.#opcode ??= opcode;
    this.#messageBytes += payload.length;
    // What waits for more must not keep all that was read with it.
    this.#fragments.push(fin ? payload : Buffer.from(payload));
    if (this.#fragments.length > MAX_FRAGMENTS)
      this.#violate(1008, `A message may come in ${MAX_FRAGMENTS} fragments.`);
    else if (fin) this.#onWhole(payload);
  }

  #onWhole(last: Buffer): void {
    const whole =
      this.#fragments.length === 1 ? last : Buffer.concat(this.#fragments, this.#messageBytes);
    const isText = this.#opcode === opcodes.text;
    this.#opcode = undefined;
    this.#fragments = [];
    this.#messageBytes = 0;
    if (isText) this.#onText(whole);
    else this.#listener.onMessage(whole);
  }

  #violate(code: number, because: string): undefined {
    this.#finish();
    this.#listener.onViolation(code, because);
    return undefined;
  }

  #finish(): void {
    this.#done = true;
    this.#waiting.clear();
    this.#fragments = [];
  }
}

/** One unfragmented frame; `mask` (four bytes) at a client, none at a server. */
export const encodeFrame = (opcode: number, payload: Uint8Array, mask?: Uint8Array): Buffer => {
  const size = payload.length;
  const lengthBytes = size < 126 ? 0 : size < 65_536 ? 2 : 8;
  const headBytes = 2 + lengthBytes + (mask ? 4 : 0);
  const frame = Buffer.allocUnsafe(headBytes + size);
  frame[0] = 0x80 | opcode;
  frame[1] = (mask ? 0x80 : 0) | (lengthBytes === 0 ? size : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(size, 2);
  else if (lengthBytes === 8) {
    frame.writeUInt32BE(Math.floor(size / 2 ** 32), 2);
    frame.writeUInt32BE(size % 2 ** 32, 6);
  }
  frame.set(payload, headBytes);
  if (mask) {
    frame.set(mask, headBytes - 4);
    applyMask(frame, headBytes, headBytes + size, frame.readInt32LE(headBytes - 4));
  }
  return frame;
};

/** A close frame's payload; the reason is cut to what fits, at a character. */
export const encodeClose = (code: number, reason: string): Buffer => {
  const payload = Buffer.alloc(MAX_CONTROL_BYTES);
  payload.writeUInt16BE(code, 0);
  // `write` never cuts a character in two.
  return payload.subarray(0, 2 + payload.write(reason, 2, "utf8"));
};
