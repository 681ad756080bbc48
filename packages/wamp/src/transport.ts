// The seam below WAMP: something that carries whole messages in order, or tells that it is gone. WebSockets fill it today, in
// `node/`; other framings come behind it without a line changed above.

/**
 * Greatest message on a transport. A command or a report is a few KiB; 1 MiB leaves room for a target section and bounds what
 * one connection can make the other side hold.
 */
export const MAX_FRAME_BYTES = 1024 * 1024;

/**
 * Bytes that may wait for a reader. Where more waits for longer than a moment, or twice as much at once, the connection is
 * dropped: one peer that stops reading must not fill the memory of all (bounded queues, never unbounded ones).
 */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Why a transport ended: a WebSocket close code, and words for the log. */
export interface TransportEnd {
  readonly code: number;
  readonly reason: string;
}

/** Who hears a transport. */
export interface TransportListener {
  onMessage(data: string | Uint8Array): void;
  /** Once, last. After it nothing is sent or heard. */
  onClose(end: TransportEnd): void;
}

/**
 * Carries messages. `send` never waits and never throws; it drops what comes after the end. Neither `send` nor `close` calls
 * the listener before they return: a router turn must not be entered again from its own effects.
 */
export interface Transport {
  /** `isForMany`: the same goes to others, too, so that its frame is worth keeping. */
  send(data: string | Uint8Array, isForMany?: boolean): void;
  /** As {@link Transport.send} of the two joined; where there is this, a long second part is not copied for it. */
  sendJoined?(head: string, tail: string): void;
  /** Says goodbye on the transport's own level and lets go of it. Harmless when already closed. */
  close(code: number, reason: string): void;
  /** Starts the flow: nothing is lost that came before, and nothing is delivered within this call. */
  listen(listener: TransportListener): void;
  /** Bytes handed to `send` that the network has not taken yet. */
  readonly bufferedAmount: number;
}
