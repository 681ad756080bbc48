// Two transports joined in memory: whatever is tried with tunnels needs no port.
import type { Transport, TransportListener } from "./transport.ts";

/** Bytes that are taken at once; the rest waits, as in a socket. */
const TAKEN_AT_ONCE = 262_144;

interface Sent {
  readonly type: number;
  readonly stream: number;
  readonly payload: Uint8Array;
  readonly taken: (() => void) | undefined;
}

class LinkedTransport implements Transport {
  other: LinkedTransport | undefined;
  #listener: TransportListener | undefined;
  #queue: Sent[] = [];
  #isScheduled = false;
  #isOver = false;
  bufferedBytes = 0;

  send(type: number, stream: number, payload = new Uint8Array(0), taken?: () => void): void {
    if (this.#isOver) {
      taken?.();
      return;
    }
    this.bufferedBytes += payload.length;
    this.#queue.push({ type, stream, payload, taken });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    let count = 0;
    while (this.#queue.length > 0 && count < TAKEN_AT_ONCE) {
      const { type, stream, payload, taken } = this.#queue.shift() as Sent;
      count += payload.length;
      this.bufferedBytes -= payload.length;
      // The reader's own copy, as a network would bring it.
      this.other?.hear(type, stream, new Uint8Array(payload));
      taken?.();
    }
    if (this.#queue.length > 0) this.#schedule();
    else if (!this.#isOver) this.#listener?.onDrain();
  }

  hear(type: number, stream: number, payload: Uint8Array): void {
    if (!this.#isOver) this.#listener?.onFrame(type, stream, payload);
  }

  close(reason: Parameters<Transport["close"]>[0]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    queueMicrotask(() => this.other?.lose(reason));
  }

  lose(reason: Parameters<Transport["close"]>[0]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener?.onClose(reason, "the other end closed it");
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }
}

/** Makes the two ends. */
export const linkedTransports = (): readonly [Transport, Transport] => {
  const [a, b] = [new LinkedTransport(), new LinkedTransport()];
  a.other = b;
  b.other = a;
  return [a, b];
};
