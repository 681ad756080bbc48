// Frames → whole messages. To what the parser finds is added here (RFC 6455, 7.4.1):
//
//   1007 invalid payload   text that is not UTF-8
//   1008 policy            a message in absurdly many fragments
import { isAscii, isUtf8 } from "node:buffer";
import {
  applyMask,
  FrameParser,
  type FrameParserOptions,
  Gathered,
  opcodes,
} from "@s4t/kit/node/websocket";

/** One message may come in this many frames: more is a flood of headers that holds memory for nothing. */
export const MAX_FRAGMENTS = 4_096;

/** Who hears a {@link FrameReader}. After `onClose` or `onViolation` nothing more comes. */
export interface FrameListener {
  /** Bytes are the listener's to keep. */
  onMessage(data: string | Uint8Array): void;
  /** The bytes are lent for this call. */
  onPing(data: Uint8Array): void;
  onPong(): void;
  /** `code` is 1005 when the peer gave none. */
  onClose(code: number, reason: string): void;
  onViolation(code: number, because: string): void;
}

/** Reads messages from chunks cut anywhere; the chunks are changed in place, and nothing of them is kept. */
export class FrameReader extends FrameParser {
  readonly #listener: FrameListener;
  /** The message under way: whether it is text, its frames, and what came of it. */
  #isText = false;
  #isWhole = false;
  #frames = 0;
  #gathered: Gathered | undefined;

  constructor(options: FrameParserOptions, listener: FrameListener) {
    super(options);
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.isDone) {
      if (this.isBetweenMessages) {
        at = this.#readWhole(chunk, at);
        if (at === chunk.length || this.isDone) return;
      }
      at = this.step(chunk, at);
    }
  }

  /** Takes the whole small messages at the start of what there is, which is what nearly all of it is; answers where it stopped. */
  #readWhole(chunk: Buffer, start: number): number {
    const { masked, maxMessageBytes } = this.options;
    const maskBytes = masked ? 4 : 0;
    const maskBit = masked ? 0x80 : 0;
    let at = start;
    while (!this.isDone) {
      const first = chunk[at];
      const second = chunk[at + 1];
      // One frame, text or binary, of the length that its head needs no more than two bytes for.
      if ((first !== 0x81 && first !== 0x82) || second === undefined) break;
      if ((second & 0x80) !== maskBit) break;
      let size = second & 0x7f;
      let from = at + 2;
      if (size === 126) {
        if (chunk.length < from + 2) break;
        size = ((chunk[from] as number) << 8) | (chunk[from + 1] as number);
        from += 2;
      } else if (size === 127) break;
      const end = from + maskBytes + size;
      if (end > chunk.length || size > maxMessageBytes) break;
      let isKnownAscii = false;
      if (masked) {
        const mask = chunk.readInt32LE(from);
        from += 4;
        isKnownAscii = applyMask(chunk, from, end, mask);
      }
      at = end;
      if (first === 0x82) this.#listener.onMessage(Buffer.from(chunk.subarray(from, end)));
      else if (isKnownAscii) this.#listener.onMessage(chunk.toString("latin1", from, end));
      else this.#onText(chunk.subarray(from, end), false);
    }
    return at;
  }

  #onText(bytes: Buffer, isKnownAscii: boolean): void {
    // Most text is ASCII, and that is the cheapest to make a string of.
    if (isKnownAscii || isAscii(bytes)) this.#listener.onMessage(bytes.toString("latin1"));
    else if (isUtf8(bytes)) this.#listener.onMessage(bytes.toString("utf8"));
    else this.violate(1007, "A text message is not UTF-8.");
  }

  protected onFrame(opcode: number, fin: boolean): void {
    if (opcode !== opcodes.continuation) {
      this.#isText = opcode === opcodes.text;
      this.#frames = 0;
    }
    this.#isWhole = fin;
    this.#frames += 1;
    if (this.#frames > MAX_FRAGMENTS)
      this.violate(1008, `A message may come in ${MAX_FRAGMENTS} fragments.`);
  }

  protected onPiece(piece: Buffer, isLast: boolean, isKnownAscii: boolean): void {
    const isEnd = isLast && this.#isWhole;
    if (isEnd && this.#gathered === undefined) {
      if (this.#isText) this.#onText(piece, isKnownAscii);
      else this.#listener.onMessage(Buffer.from(piece));
      return;
    }
    this.#gathered ??= new Gathered();
    this.#gathered.add(piece, this.leftBytes);
    if (!isEnd) return;
    const whole = this.#gathered.bytes;
    this.#gathered = undefined;
    if (this.#isText) this.#onText(whole, false);
    else this.#listener.onMessage(whole);
  }

  protected onPing(payload: Buffer): void {
    this.#listener.onPing(payload);
  }

  protected onPong(): void {
    this.#listener.onPong();
  }

  protected onClose(code: number, reason: string): void {
    this.#gathered = undefined;
    this.#listener.onClose(code, reason);
  }

  protected onViolation(code: number, because: string): void {
    this.#gathered = undefined;
    this.#listener.onViolation(code, because);
  }
}
