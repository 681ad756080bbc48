// One stream: bytes both ways with credit, small messages in order with them, an end for each way, a reset for both. All methods are
// synchronous; what cannot be sent now waits here, in order, and whoever writes is told to wait too.
import { Bug, type Json } from "@s4t/kit";
import type { CreditPool, Window } from "./credit.ts";
import {
  type EndReason,
  type FrameType,
  frameTypes,
  MAX_DATA_BYTES,
  MAX_JSON_BYTES,
  numberOfReason,
} from "./frames.ts";

/** Messages of the peer that may wait for a listener: who opens a stream listens at once. */
export const MAX_EARLY_INPUTS = 1_024;

/** Who hears a stream. After `onReset`, or after `onEnd` and one's own `end`, nothing more comes. */
export interface StreamListener {
  /** Bytes of the peer. Give their credit back with `consumed` when they are used. */
  onData(bytes: Uint8Array): void;
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
  /** The stream has something to send and waits for room. */
  waitForRoom(stream: TunnelStream): void;
  /** Both ways are over. */
  forget(stream: TunnelStream): void;
}

type Output =
  | { readonly kind: "data"; bytes: Uint8Array; readonly taken: (() => void) | undefined }
  | { readonly kind: "message"; readonly payload: Uint8Array }
  | { readonly kind: "end" };
type Input =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "message"; readonly message: Json }
  | { readonly kind: "end" };

const encoder = new TextEncoder();

/** JSON as it travels. Throws for what is larger than {@link MAX_JSON_BYTES}. */
export const encodeJson = (value: Json): Uint8Array => {
  const payload = encoder.encode(JSON.stringify(value));
  if (payload.length > MAX_JSON_BYTES) throw new Bug(`a message of ${payload.length} bytes`);
  return payload;
};

const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
};

export class TunnelStream implements Stream {
  readonly id: number;
  readonly ended: Promise<EndReason>;
  readonly #host: StreamHost;
  readonly #window: Window;
  #credit: number;
  #outputs: Output[] = [];
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
    this.#outputs.push({ kind: "data", bytes, taken });
    this.flush();
    this.#isThrottled = this.#outputs.length > 0 || !this.#host.isRoomy;
    if (this.#isThrottled) this.#host.waitForRoom(this);
    return !this.#isThrottled;
  }

  message(message: Json): void {
    if (this.#writing !== "open") return;
    this.#outputs.push({ kind: "message", payload: encodeJson(message) });
    this.flush();
  }

  end(): void {
    if (this.#writing !== "open") return;
    this.#writing = "ending";
    this.#outputs.push({ kind: "end" });
    this.flush();
  }

  reset(reason: EndReason): void {
    if (this.#over !== undefined) return;
    this.#host.send(frameTypes.reset, this.id, Uint8Array.of(numberOfReason(reason)));
    this.close(reason);
  }

  listen(listener: StreamListener): void {
    this.#listener = listener;
    const early = this.#inputs;
    this.#inputs = [];
    if (early.length > 0 || this.#over !== undefined)
      queueMicrotask(() => {
        for (const input of early) this.#hear(input);
        if (this.#over !== undefined && this.#over !== "ended") listener.onReset(this.#over);
      });
  }

  consumed(bytes: number): void {
    if (this.#reading === "ended" || this.#over !== undefined) return;
    const credit = this.#window.consume(bytes);
    if (credit > 0) this.#host.send(frameTypes.credit, this.id, u32(credit));
  }

  /** Sends what credit and room allow, a piece at most where others wait too; answers whether something is left to send. */
  flush(onlyOne = false): boolean {
    while (this.#outputs.length > 0 && this.#host.isRoomy) {
      const output = this.#outputs[0] as Output;
      if (output.kind === "data") {
        if (this.#credit === 0) return false; // the peer's credit brings it on
        this.#sendData(output);
      } else {
        this.#outputs.shift();
        if (output.kind === "message") this.#host.send(frameTypes.message, this.id, output.payload);
        else {
          this.#host.send(frameTypes.end, this.id);
          this.#writing = "ended";
          this.#closeIfBoth();
        }
      }
      if (onlyOne) break;
    }
    return this.#outputs.length > 0;
  }

  #sendData(output: Extract<Output, { kind: "data" }>): void {
    const { bytes, taken } = output;
    const count = Math.min(bytes.length, this.#credit, MAX_DATA_BYTES);
    this.#credit -= count;
    this.bytesOut += count;
    if (count === bytes.length) {
      this.#outputs.shift();
      this.#host.send(frameTypes.data, this.id, bytes, taken);
    } else {
      output.bytes = bytes.subarray(count);
      this.#host.send(frameTypes.data, this.id, bytes.subarray(0, count));
    }
  }

  /** There is room again: sends, and tells who waits once nothing is left. */
  resume(): boolean {
    const isLeft = this.flush(true);
    if (!isLeft && this.#outputs.length === 0) this.#unthrottle();
    return isLeft && this.#credit > 0;
  }

  #unthrottle(): void {
    if (!this.#isThrottled || !this.#host.isRoomy) return;
    this.#isThrottled = false;
    this.#listener?.onDrain?.();
  }

  onCredit(bytes: number): void {
    this.#credit += bytes;
    this.flush();
    if (this.#outputs.length === 0) this.#unthrottle();
    else this.#host.waitForRoom(this);
  }

  /** Bytes of the peer; false: it broke the rules. */
  onData(bytes: Uint8Array): boolean {
    if (this.#reading === "ended" || !this.#window.receive(bytes.length)) return false;
    this.bytesIn += bytes.length;
    return this.#take({ kind: "data", bytes });
  }

  onMessage(message: Json): boolean {
    return this.#reading === "open" && this.#take({ kind: "message", message });
  }

  onEnd(): boolean {
    if (this.#reading === "ended") return false;
    this.#reading = "ended";
    const isTaken = this.#take({ kind: "end" });
    this.#closeIfBoth();
    return isTaken;
  }

  #take(input: Input): boolean {
    if (this.#listener) this.#hear(input);
    else if (this.#inputs.length >= MAX_EARLY_INPUTS) return false;
    // What is kept belongs to the transport only for its call.
    else
      this.#inputs.push(input.kind === "data" ? { ...input, bytes: input.bytes.slice() } : input);
    return true;
  }

  #hear(input: Input): void {
    const listener = this.#listener as StreamListener;
    if (input.kind === "data") listener.onData(input.bytes);
    else if (input.kind === "message") listener.onMessage?.(input.message);
    else listener.onEnd();
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
    this.#listener?.onReset(reason);
  }

  #finish(reason: EndReason): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    for (const output of this.#outputs) if (output.kind === "data") output.taken?.();
    this.#outputs = [];
    this.#window.release();
    this.#host.forget(this);
    this.#settle(reason);
  }
}
