// The tunnel: streams over one transport, the same class at both ends. Who dialled takes odd ids, who accepted even ones. All methods
// but `open` and `sign` are synchronous; its timers are those that ask for a sign of life.
import type { Clock, Json, Lease, Timer } from "@s4t/kit";
import { type CreditPool, createCreditPool, Window } from "./credit.ts";
import { endedWith, refusedWith } from "./error.ts";
import {
  type EndReason,
  endReasons,
  type FrameType,
  frameTypes,
  MAX_PAYLOAD_BYTES,
  reasonOf,
} from "./frames.ts";
import { broken, encodeJson, ProtocolFault, readJson, readU32, withU32 } from "./payload.ts";
import { type Stream, type StreamHost, TunnelStream } from "./stream.ts";
import { HIGH_WATER_BYTES, type Transport } from "./transport.ts";

/** Streams of one tunnel at once, opened by either end. */
export const MAX_STREAMS_PER_TUNNEL = 4_096;
/** How often the other end is asked for a sign of life, and the round trip is measured. */
export const TUNNEL_PING_MS = 10_000;
/** An end that says nothing for as long is gone. */
export const TUNNEL_SILENCE_MS = 25_000;
/**
 * Bytes that may wait in the transport at all. Streams stop far below it; what comes to so much are answers to an end that asks and
 * never reads.
 */
export const MAX_WAITING_BYTES = 8_388_608;

export interface TunnelOptions {
  readonly role: "dialer" | "acceptor";
  readonly clock: Clock;
  /** The other end opens a stream. */
  readonly onOpen: (incoming: IncomingStream) => void;
  readonly maxStreams?: number;
}

/** A stream that the other end asks for: accept it or refuse it, once. */
export interface IncomingStream {
  readonly kind: string;
  readonly args: Json;
  accept(): Stream;
  refuse(code: string, sentence: string): void;
  /** Aborts when the other end no longer wants it. */
  readonly signal: AbortSignal;
}

export interface StreamRequest {
  readonly kind: string;
  readonly args: Json;
}

export interface Tunnel {
  /** Asks the other end for a stream. Rejects with its refusal, with `tunnel.<reason>`, or with the signal's reason. */
  open(
    request: StreamRequest,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Stream>;
  /** Takes no more streams, and ends when the last has ended. */
  drain(): void;
  close(reason: EndReason): void;
  /** Asks for a sign of life: true with the next frame of the other end, false where none comes in time or the tunnel is over. */
  sign(withinMs: number): Promise<boolean>;
  readonly streamCount: number;
  readonly roundTripMs: number | undefined;
  readonly ended: Promise<EndReason>;
}

interface Opening {
  readonly window: Window;
  readonly resolve: (stream: Stream) => void;
  readonly reject: (error: unknown) => void;
}

class TunnelEnd implements Tunnel, StreamHost {
  readonly pool: CreditPool;
  readonly ended: Promise<EndReason>;
  readonly #transport: Transport;
  readonly #options: TunnelOptions;
  readonly #streams = new Map<number, TunnelStream>();
  readonly #opening = new Map<number, Opening>();
  readonly #offered = new Map<number, AbortController>();
  readonly #waiting = new Set<TunnelStream>();
  #nextId: number;
  #isDraining = false;
  #isRefusing = false;
  /** First id of the peer's that was never used. */
  #peerNextId = 0;
  #over: EndReason | undefined;
  #settle: (reason: EndReason) => void = () => {};
  #timer: Timer | undefined;
  #heardMs: number;
  #pingNumber = 0;
  #pingedMs: number | undefined;
  readonly #onSign = new Set<(isAlive: boolean) => void>();

  constructor(transport: Transport, options: TunnelOptions) {
    this.#transport = transport;
    this.#options = options;
    this.pool = createCreditPool(options.clock);
    this.#nextId = options.role === "dialer" ? 1 : 2;
    this.#heardMs = options.clock.monotonicMs();
    this.ended = new Promise((resolve) => {
      this.#settle = resolve;
    });
    transport.listen({
      onFrame: (type, stream, payload, lease) => this.#onFrame(type, stream, payload, lease),
      onDrain: () => this.#onRoom(),
      onClose: (reason) => this.#finish(reason),
    });
    this.#ping();
  }

  get streamCount(): number {
    return this.#streams.size + this.#opening.size + this.#offered.size;
  }

  get roundTripMs(): number | undefined {
    return this.pool.roundTripMs;
  }

  get isRoomy(): boolean {
    return this.#transport.bufferedBytes < HIGH_WATER_BYTES;
  }

  send(type: FrameType, stream: number, payload?: Uint8Array, taken?: () => void): void {
    if (this.#over !== undefined) {
      taken?.();
      return;
    }
    this.#transport.send(type, stream, payload, taken);
    if (this.#transport.bufferedBytes > MAX_WAITING_BYTES) this.close("too-slow");
  }

  isTurnOf(): boolean {
    return this.#waiting.size === 0 && this.isRoomy;
  }

  waitForRoom(stream: TunnelStream): void {
    this.#waiting.add(stream);
  }

  forget(stream: TunnelStream): void {
    this.#streams.delete(stream.id);
    this.#waiting.delete(stream);
    this.#endIfDrained();
  }

  open(
    { kind, args }: StreamRequest,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Stream> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#over !== undefined) return Promise.reject(endedWith(this.#over));
    if (this.#isDraining || this.#isRefusing) return Promise.reject(endedWith("drained"));
    if (this.streamCount >= (this.#options.maxStreams ?? MAX_STREAMS_PER_TUNNEL))
      return Promise.reject(refusedWith("stream.busy", "This tunnel has too many streams."));
    const said = encodeJson({ kind, args });
    const id = this.#nextId;
    this.#nextId += 2;
    return new Promise((resolve, reject) => {
      const window = new Window(this.pool);
      const giveUp = (): void => {
        this.#opening.delete(id);
        window.release();
        this.send(frameTypes.reset, id, Uint8Array.of(endReasons.indexOf("cancelled")));
        reject(signal?.reason);
        this.#endIfDrained();
      };
      const settled = <T>(then: (value: T) => void) => {
        return (value: T): void => {
          signal?.removeEventListener("abort", giveUp);
          then(value);
        };
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#opening.set(id, { window, resolve: settled(resolve), reject: settled(reject) });
      this.send(frameTypes.open, id, withU32(window.bytes, said));
    });
  }

  drain(): void {
    if (this.#isRefusing) return;
    this.#isRefusing = true;
    this.send(frameTypes.drain, 0);
    this.#endIfDrained();
  }

  close(reason: EndReason): void {
    if (this.#over !== undefined) return;
    this.#transport.close(reason);
    this.#finish(reason);
  }

  sign(withinMs: number): Promise<boolean> {
    if (this.#over !== undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (isAlive: boolean): void => {
        this.#onSign.delete(settle);
        timer.cancel();
        resolve(isAlive);
      };
      const timer = this.#options.clock.after(withinMs, () => settle(false));
      this.#onSign.add(settle);
      this.#sendPing();
    });
  }

  #endIfDrained(): void {
    if (this.#isRefusing && this.streamCount === 0) this.close("drained");
  }

  #finish(reason: EndReason): void {
    if (this.#over !== undefined) return;
    this.#over = reason;
    this.#timer?.cancel();
    for (const { reject, window } of this.#opening.values()) {
      window.release();
      reject(endedWith(reason));
    }
    this.#opening.clear();
    for (const wanted of this.#offered.values()) wanted.abort(endedWith(reason));
    this.#offered.clear();
    for (const settle of this.#onSign) settle(false);
    for (const stream of [...this.#streams.values()]) stream.close(reason);
    this.#settle(reason);
  }

  #ping(): void {
    const { clock } = this.#options;
    if (this.#over !== undefined) return;
    const now = clock.monotonicMs();
    if (now - this.#heardMs > TUNNEL_SILENCE_MS) {
      this.close("lost");
      return;
    }
    this.#sendPing();
    this.#timer = clock.after(TUNNEL_PING_MS, () => this.#ping());
  }

  #sendPing(): void {
    this.#pingNumber = (this.#pingNumber + 1) >>> 0;
    this.#pingedMs = this.#options.clock.monotonicMs();
    this.send(frameTypes.ping, 0, withU32(this.#pingNumber));
  }

  /** The transport takes more: streams that wait get their turn, one piece each, until it is full again. */
  #onRoom(): void {
    while (this.#waiting.size > 0 && this.isRoomy)
      for (const stream of [...this.#waiting]) {
        if (!this.isRoomy) return;
        if (!stream.resume()) this.#waiting.delete(stream);
      }
  }

  #onFrame(type: number, id: number, payload: Uint8Array, lease: Lease | undefined): void {
    if (this.#over !== undefined) return;
    this.#heardMs = this.#options.clock.monotonicMs();
    if (this.#onSign.size > 0) for (const settle of this.#onSign) settle(true);
    try {
      if (payload.length > MAX_PAYLOAD_BYTES) broken("a frame beyond its limit");
      if (type !== frameTypes.data) this.#takers[type]?.(id, payload);
      else if (this.#streamOf(id)?.onData(payload, lease) === false)
        broken("bytes beyond the credit or after the end");
    } catch (error) {
      if (!(error instanceof ProtocolFault)) throw error;
      this.close("protocol");
    }
  }

  /** What each frame but DATA does; of a type that is not here, of a later version, nothing. */
  readonly #takers: Readonly<Record<number, (id: number, payload: Uint8Array) => void>> = {
    [frameTypes.credit]: (id, payload) => this.#streamOf(id)?.onCredit(readU32(payload)),
    [frameTypes.open]: (id, payload) => this.#onOpen(id, payload),
    [frameTypes.accept]: (id, payload) => this.#onAccept(id, readU32(payload)),
    [frameTypes.refuse]: (id, payload) => this.#onRefuse(id, readJson(payload)),
    [frameTypes.end]: (id) => {
      if (this.#streamOf(id)?.onEnd() === false) broken("an end after the end");
    },
    [frameTypes.message]: (id, payload) => {
      const isTaken = this.#streamOf(id)?.onMessage(readJson(payload), payload.length);
      if (isTaken === false) broken("a message beyond the credit or after the end");
    },
    [frameTypes.reset]: (id, payload) => this.#onReset(id, reasonOf(payload[0] ?? 0)),
    [frameTypes.ping]: (_, payload) => this.send(frameTypes.pong, 0, withU32(readU32(payload))),
    [frameTypes.pong]: (_, payload) => this.#onPong(readU32(payload)),
    [frameTypes.drain]: () => {
      this.#isDraining = true;
    },
  };

  #isOurs(id: number): boolean {
    return (id & 1) === (this.#nextId & 1);
  }

  /** The stream that a frame is for; undefined where it is over here, and the frame was under way. */
  #streamOf(id: number): TunnelStream | undefined {
    const stream = this.#streams.get(id);
    if (!stream && (this.#opening.has(id) || this.#offered.has(id)))
      broken("a frame on a stream that is not accepted yet");
    if (!stream && (id === 0 || id >= (this.#isOurs(id) ? this.#nextId : this.#peerNextId)))
      broken("a frame on a stream that never was");
    return stream;
  }

  #onOpen(id: number, payload: Uint8Array): void {
    if (this.#isOurs(id) || id === 0 || id < this.#peerNextId)
      broken("an id that is not the peer's to use");
    this.#peerNextId = id + 2;
    const credit = readU32(payload);
    const said = readJson(payload.subarray(4)) as { readonly kind?: unknown; readonly args?: Json };
    const kind = typeof said === "object" && said !== null ? said.kind : undefined;
    if (typeof kind !== "string") throw new ProtocolFault("an open without a kind");
    const refuse = (code: string, sentence: string): void => {
      if (!this.#offered.delete(id)) return;
      // Cut to what fits in any escaping.
      const said = { code: code.slice(0, 64), sentence: sentence.slice(0, 500) };
      this.send(frameTypes.refuse, id, encodeJson(said));
      this.#endIfDrained();
    };
    const wanted = new AbortController();
    const isFull = this.streamCount >= (this.#options.maxStreams ?? MAX_STREAMS_PER_TUNNEL);
    this.#offered.set(id, wanted);
    if (this.#isRefusing) refuse("tunnel.drained", "This tunnel takes no more streams.");
    else if (isFull) refuse("stream.busy", "This tunnel has too many streams.");
    if (!this.#offered.has(id)) return;
    this.#options.onOpen({
      kind,
      args: said.args ?? null,
      signal: wanted.signal,
      refuse,
      accept: () => {
        const window = new Window(this.pool);
        const stream = new TunnelStream(id, this, window, credit);
        if (this.#offered.delete(id)) {
          this.#streams.set(id, stream);
          this.send(frameTypes.accept, id, withU32(window.bytes));
        } else stream.close("cancelled");
        return stream;
      },
    });
  }

  #onAccept(id: number, credit: number): void {
    const opening = this.#opening.get(id);
    if (!opening) {
      if (id >= this.#nextId || !this.#isOurs(id)) broken("an answer to nothing");
      return; // given up meanwhile: the reset is on its way
    }
    this.#opening.delete(id);
    const stream = new TunnelStream(id, this, opening.window, credit);
    this.#streams.set(id, stream);
    opening.resolve(stream);
  }

  #onRefuse(id: number, said: Json): void {
    const opening = this.#opening.get(id);
    if (!opening) {
      if (id >= this.#nextId || !this.#isOurs(id)) broken("an answer to nothing");
      return;
    }
    this.#opening.delete(id);
    opening.window.release();
    const { code, sentence } = (said ?? {}) as { code?: unknown; sentence?: unknown };
    const isSound = typeof code === "string" && typeof sentence === "string";
    opening.reject(
      isSound ? refusedWith(code, sentence) : refusedWith("tunnel.refused", "It was refused."),
    );
    this.#endIfDrained();
  }

  #onReset(id: number, reason: EndReason): void {
    const offered = this.#offered.get(id);
    if (offered) {
      this.#offered.delete(id);
      offered.abort(endedWith(reason));
      this.#endIfDrained();
      return;
    }
    const opening = this.#opening.get(id);
    if (opening) {
      this.#opening.delete(id);
      opening.window.release();
      opening.reject(endedWith(reason));
      this.#endIfDrained();
      return;
    }
    this.#streamOf(id)?.close(reason);
  }

  #onPong(number: number): void {
    if (number !== this.#pingNumber || this.#pingedMs === undefined) return;
    this.pool.roundTripMs = this.#options.clock.monotonicMs() - this.#pingedMs;
    this.#pingedMs = undefined;
  }
}

/** Makes one end of a tunnel. */
export const createTunnel = (transport: Transport, options: TunnelOptions): Tunnel =>
  new TunnelEnd(transport, options);
