// One stream: bytes both ways with credit, small messages in order with them, an end for each way, a reset for both. All methods are
// synchronous; what cannot be sent now waits here, in order, and whoever writes is told to wait too.
import type { Json, Lease } from "@s4t/kit";
import type { CreditPool, Window } from "./credit.ts";
import {
  type EndReason,
  type FrameType,
  frameTypes,
  MAX_DATA_BYTES,
  numberOfReason,
} from "./frames.ts";
import { encodeJson, withU32 } from "./payload.ts";

/** Frames of the peer that may wait for a listener: who opens or accepts a stream listens soon, or is too slow. */
export const MAX_EARLY_INPUTS = 1_024;
/** Messages that may wait for credit or room, in bytes: who sends more than the peer takes is too slow for it. */
export const MAX_WAITING_MESSAGE_BYTES = 1_048_576;

/** Who hears a stream. After `onReset`, or after `onEnd` and one's own `end`, nothing more comes. */
export interface StreamListener {
  /** Bytes of the peer, yours to keep. Give their credit back with `consumed` when they are used. */
  onData(bytes: Uint8Array): void;
  /**
   * Called in place of `onData` where it is there: the same bytes, but not a copy. They are the transport's, and whole until
   * `giveBack` is called, which must be once.
   */
  onLent?(bytes: Uint8Array, giveBack: () => void): void;
  onMessage?(message: Json): void;
  /** Nothing more comes; the other way is still open. */
  onEnd(): void;
  /** Both ways are over. */
  onReset(reason: EndReason): void;
  /** What was written has gone: write on. */
  onDrain?(): void;
}

/** A stream as its users see it. */
export interface Stream {
  /** Sends bytes; false: wait for `onDrain` before more. They must not change until `taken` was called. */
  write(bytes: Uint8Array, taken?: () => void): boolean;
  /** Sends a small message in order with the bytes. Throws for one beyond {@link MAX_JSON_BYTES}. */
  message(message: Json): void;
  /** Nothing more will be written; the other way stays open. */
  end(): void;
  /** Ends both ways at once. */
  reset(reason: EndReason): void;
  /** Starts the flow. */
  listen(listener: StreamListener): void;
  /** So many bytes of `onData` were used: the peer may send as many more. */
  consumed(bytes: number): void;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Resolves when both ways are over, with why: `ended` where both ends were told. */
  readonly ended: Promise<EndReason>;
}

/** What a stream needs of its tunnel. */
export interface StreamHost {
  readonly pool: CreditPool;
  send(type: FrameType, stream: number, payload?: Uint8Array, taken?: () => void): void;
  /** Whether the transport takes more now. */
  readonly isRoomy: boolean;
  /** Whether this stream may send now: there is room, and nobody else has waited for it. */
  isTurnOf(stream: TunnelStream): boolean;
  /** The stream has something to send, or a writer to tell, and waits for room. */
  waitForRoom(stream: TunnelStream): void;
  /** Both ways are over. */
  forget(stream: TunnelStream): void;
}

interface DataOutput {
  readonly kind: "data";
  /** What is still to be sent. */
  bytes: Uint8Array;
  readonly taken: (() => void) | undefined;
  /** Pieces that the transport has not taken yet: the memory is in use until the last. */
  underWay: number;
  isSent: boolean;
}
type Output =
  | DataOutput
  | { readonly kind: "message"; readonly payload: Uint8Array }
  | { readonly kind: "end" };
type Input =
  | { readonly kind: "data"; readonly bytes: Uint8Array; readonly lease: Lease | undefined }
  | { readonly kind: "message"; readonly message: Json; readonly bytes: number }
  | { readonly kind: "end" }
  | { readonly kind: "reset"; readonly reason: EndReason };

export class TunnelStream implements Stream {
  readonly id: number;
  readonly ended: Promise<EndReason>;
  readonly #host: StreamHost;
  readonly #window: Window;
  #credit: number;
  #outputs: Output[] = [];
  #waitingMessageBytes = 0;
  #inputs: Input[] = [];
  #listener: StreamListener | undefined;
  #writing: "open" | "ending" | "ended" = "open";
  #reading: "open" | "ended" = "open";
  #over: EndReason | undefined;
  #isThrottled = false;
  #settle: (reason: EndReason) => void = () => {};
  bytesIn = 0;
  bytesOut = 0;

  constructor(id: number, host: StreamHost, window: Window, credit: number) {
    this.id = id;
    this.#host = host;
    this.#window = window;
    this.#credit = credit;
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  write(bytes: Uint8Array, taken?: () => void): boolean {
    if (this.#writing !== "open" || bytes.length === 0) {
      taken?.();
      return this.#writing === "open";
    }
    this.#put({ kind: "data", bytes, taken, underWay: 0, isSent: false });
    this.#isThrottled = this.#outputs.length > 0 || !this.#host.isRoomy;
    this.#watch();
    return !this.#isThrottled;
  }

  message(message: Json): void {
    if (this.#writing !== "open") return;
    const payload = encodeJson(message);
    this.#waitingMessageBytes += payload.length;
    this.#put({ kind: "message", payload });
    if (this.#waitingMessageBytes > MAX_WAITING_MESSAGE_BYTES) this.reset("too-slow");
  }

  end(): void {
    if (this.#writing !== "open") return;
    this.#writing = "ending";
    this.#put({ kind: "end" });
  }

  reset(reason: EndReason): void {
    if (this.#over !== undefined) return;
    this.#host.send(frameTypes.reset, this.id, Uint8Array.of(numberOfReason(reason)));
    this.close(reason);
  }

  listen(listener: StreamListener): void {
    this.#listener = listener;
    if (this.#inputs.length > 0) queueMicrotask(() => this.#hearEarly());
  }

  consumed(bytes: number): void {
    if (this.#reading === "ended" || this.#over !== undefined) return;
    const credit = this.#window.consume(bytes);
    if (credit > 0) this.#host.send(frameTypes.credit, this.id, withU32(credit));
  }

  #put(output: Output): void {
    this.#outputs.push(output);
    if (this.#host.isTurnOf(this)) this.#flush(Number.POSITIVE_INFINITY);
    this.#watch();
  }

  /** Whether the peer's credit covers it, or a part of it. A message goes whole or not at all. */
  #isCovered(output: Output): boolean {
    if (output.kind === "data") return this.#credit > 0;
    return output.kind === "end" || this.#credit >= output.payload.length;
  }

  /** Sends what credit and room allow. */
  #flush(maxFrames: number): void {
    for (let frames = 0; frames < maxFrames && this.#host.isRoomy; frames += 1) {
      const output = this.#outputs[0];
      if (!output || !this.#isCovered(output)) return;
      if (output.kind === "data") this.#sendData(output);
      else {
        this.#outputs.shift();
        if (output.kind === "message") this.#sendMessage(output.payload);
        else this.#sendEnd();
      }
    }
  }

  #sendData(output: DataOutput): void {
    const { bytes, taken } = output;
    const count = Math.min(bytes.length, this.#credit, MAX_DATA_BYTES);
    this.#credit -= count;
    this.bytesOut += count;
    output.isSent = count === bytes.length;
    if (output.isSent) this.#outputs.shift();
    else output.bytes = bytes.subarray(count);
    const piece = output.isSent ? bytes : bytes.subarray(0, count);
    output.underWay += 1;
    const onTaken = (): void => {
      output.underWay -= 1;
      if (output.isSent && output.underWay === 0) taken?.();
    };
    this.#host.send(frameTypes.data, this.id, piece, taken && onTaken);
  }

  #sendMessage(payload: Uint8Array): void {
    this.#credit -= payload.length;
    this.#waitingMessageBytes -= payload.length;
    this.#host.send(frameTypes.message, this.id, payload);
  }

  #sendEnd(): void {
    this.#host.send(frameTypes.end, this.id);
    this.#writing = "ended";
    this.#closeIfBoth();
  }

  /** Room is waited for by who could send if there were some, and by a writer who is to be told; credit comes by itself. */
  get #isWaiting(): boolean {
    const [first] = this.#outputs;
    return first ? this.#isCovered(first) : this.#isThrottled;
  }

  #watch(): void {
    if (this.#isWaiting) this.#host.waitForRoom(this);
  }

  /** There is room: sends one frame, since others wait too, and tells the writer once nothing is left. Answers whether it still waits. */
  resume(): boolean {
    this.#flush(1);
    if (this.#outputs.length === 0 && this.#isThrottled && this.#host.isRoomy) {
      this.#isThrottled = false;
      this.#listener?.onDrain?.();
    }
    return this.#isWaiting;
  }

  onCredit(bytes: number): void {
    this.#credit += bytes;
    if (this.#host.isTurnOf(this)) {
      this.#flush(Number.POSITIVE_INFINITY);
      if (this.#outputs.length === 0 && this.#host.isRoomy) this.resume();
    }
    this.#watch();
  }

  /** Bytes of the peer; false: it broke the rules. */
  onData(bytes: Uint8Array, lease: Lease | undefined): boolean {
    if (this.#reading === "ended" || !this.#window.receive(bytes.length)) return false;
    this.bytesIn += bytes.length;
    this.#take({ kind: "data", bytes, lease });
    return true;
  }

  /** A message of so many bytes; false: the peer broke the rules. Its credit is given back when it was heard. */
  onMessage(message: Json, bytes: number): boolean {
    if (this.#reading === "ended" || !this.#window.receive(bytes)) return false;
    this.#take({ kind: "message", message, bytes });
    return true;
  }

  onEnd(): boolean {
    if (this.#reading === "ended") return false;
    this.#reading = "ended";
    this.#take({ kind: "end" });
    this.#closeIfBoth();
    return true;
  }

  #take(input: Input): void {
    if (this.#listener && this.#inputs.length === 0) this.#hear(input, this.#listener);
    else if (this.#inputs.length >= MAX_EARLY_INPUTS && input.kind !== "reset")
      this.reset("too-slow");
    else if (input.kind === "data" && input.lease)
      this.#inputs.push({ kind: "data", bytes: new Uint8Array(input.bytes), lease: undefined });
    else this.#inputs.push(input);
  }

  /** What came before somebody listened, and whatever follows meanwhile, in order. */
  #hearEarly(): void {
    const listener = this.#listener as StreamListener;
    const inputs = this.#inputs;
    for (let at = 0; at < inputs.length; at += 1) this.#hear(inputs[at] as Input, listener);
    this.#inputs = [];
  }

  #hear(input: Input, listener: StreamListener): void {
    if (input.kind === "data") this.#hearData(input.bytes, input.lease, listener);
    else if (input.kind === "message") {
      listener.onMessage?.(input.message);
      this.consumed(input.bytes);
    } else if (input.kind === "end") listener.onEnd();
    else listener.onReset(input.reason);
  }

  #hearData(bytes: Uint8Array, lease: Lease | undefined, listener: StreamListener): void {
    if (listener.onLent) {
      lease?.hold();
      listener.onLent(bytes, () => lease?.release());
    } else listener.onData(lease ? new Uint8Array(bytes) : bytes); // a Buffer's slice were no copy
  }

  #closeIfBoth(): void {
    if (this.#writing === "ended" && this.#reading === "ended") this.#finish("ended");
  }

  /** Both ways are over, by the peer's word or the tunnel's end. */
  close(reason: EndReason): void {
    if (this.#over !== undefined) return;
    this.#writing = "ended";
    this.#reading = "ended";
    this.#finish(reason);
    this.#take({ kind: "reset", reason });
  }

  #finish(reason: EndReason): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    const outputs = this.#outputs;
    this.#outputs = [];
    this.#isThrottled = false;
    this.#window.release();
    this.#host.forget(this);
    this.#settle(reason);
    for (const output of outputs) {
      if (output.kind !== "data") continue;
      output.isSent = true;
      if (output.underWay === 0) output.taken?.();
    }
  }
}
