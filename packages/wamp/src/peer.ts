// The other end of a session as the router and the client see it: something that says and hears messages. Over a transport it
// encodes and decodes; linked, two ends of one process meet without bytes.
import type { Codec } from "./codec/codec.ts";
import { isWampError, WampError, wampErrors } from "./error.ts";
import type { Message } from "./messages/message.ts";
import { withOpenPayload } from "./messages/payload.ts";
import type { Transport, TransportEnd, TransportListener } from "./transport.ts";

/** Who hears a peer. */
export interface PeerListener {
  onMessage(message: Message): void;
  /** A message of a type that we do not know; to be counted. */
  onUnknown(code: number): void;
  /** A frame that is no WAMP message; `error` says why. The listener decides what follows. */
  onInvalid(error: WampError): void;
  /** Once, last. */
  onClose(end: TransportEnd): void;
}

/** One end of a conversation in messages. */
export interface Peer {
  /** Bytes that the network has not taken yet; absent where none can wait. */
  readonly bufferedAmount?: number;
  send(message: Message): void;
  close(code: number, reason: string): void;
  listen(listener: PeerListener): void;
}

/** It hears its transport itself: of a session at rest nothing is kept but what it is made of. */
class TransportPeer implements Peer, TransportListener {
  readonly #transport: Transport;
  readonly #codec: Codec;
  #listener: PeerListener | undefined;

  constructor(transport: Transport, codec: Codec) {
    this.#transport = transport;
    this.#codec = codec;
  }

  get bufferedAmount(): number {
    return this.#transport.bufferedAmount;
  }

  send(message: Message): void {
    const parts = this.#transport.sendJoined && this.#codec.split?.(message);
    if (parts) this.#transport.sendJoined?.(...parts);
    else this.#transport.send(this.#codec.encode(message), message.kind === "event");
  }

  close(code: number, reason: string): void {
    this.#transport.close(code, reason);
  }

  listen(listener: PeerListener): void {
    this.#listener = listener;
    this.#transport.listen(this);
  }

  onMessage(frame: string | Uint8Array): void {
    let message: ReturnType<Codec["decode"]>;
    try {
      message = this.#codec.read(frame);
    } catch (error) {
      this.#listener?.onInvalid(
        isWampError(error)
          ? error
          : new WampError(wampErrors.protocolViolation, "Unreadable frame.", { cause: error }),
      );
      return;
    }
    if (message.kind === "unknown") this.#listener?.onUnknown(message.code);
    else this.#listener?.onMessage(message);
  }

  onClose(end: TransportEnd): void {
    this.#listener?.onClose(end);
  }
}

/** A {@link Peer} that speaks `codec` over `transport`. */
export const openPeer = (transport: Transport, codec: Codec): Peer =>
  new TransportPeer(transport, codec);

type Delivery = { readonly message: Message } | { readonly end: TransportEnd };

class LinkedPeer implements Peer {
  #other: LinkedPeer | undefined;
  #listener: PeerListener | undefined;
  #inbox: Delivery[] = [];
  #scheduled = false;
  #open = true;

  link(other: LinkedPeer): void {
    this.#other = other;
  }

  send(message: Message): void {
    if (this.#open) this.#other?.receive({ message: withOpenPayload(message) });
  }

  close(code: number, reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#other?.receive({ end: { code, reason } });
    this.receive({ end: { code, reason } });
  }

  listen(listener: PeerListener): void {
    this.#listener = listener;
    this.#schedule();
  }

  receive(delivery: Delivery): void {
    this.#inbox.push(delivery);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || !this.#listener || this.#inbox.length === 0) return;
    this.#scheduled = true;
    // Never within the sender's turn: a router turn must not be entered again from its own effects.
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    const batch = this.#inbox;
    this.#inbox = [];
    for (const delivery of batch) {
      if ("end" in delivery) {
        this.#open = false;
        const listener = this.#listener;
        this.#listener = undefined;
        this.#inbox = [];
        listener?.onClose(delivery.end);
        return;
      }
      this.#listener?.onMessage(delivery.message);
    }
  }
}

/**
 * Two ends joined in memory: what one sends the other hears, in order, in a later microtask. Nothing is copied or encoded, so
 * what is sent must be plain data that nobody changes afterwards.
 */
export const linkedPeers = (): readonly [Peer, Peer] => {
  const a = new LinkedPeer();
  const b = new LinkedPeer();
  a.link(b);
  b.link(a);
  return [a, b];
};
