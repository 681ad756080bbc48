// The seam below a tunnel: something that carries frames in order, or tells that it is gone.
import type { Lease } from "@s4t/kit";
import type { EndReason, FrameType } from "./frames.ts";

/** Bytes that wait in the transport before streams wait: a few frames, so that a new stream need not stand behind megabytes. */
export const HIGH_WATER_BYTES = 524_288;

/** Who hears a transport. */
export interface TransportListener {
  /**
   * A frame. The payload is the listener's to keep; where it came with a lease, for this call only, or for as long as it is held.
   * DATA may come in pieces, each as a frame of its own.
   */
  onFrame(type: number, stream: number, payload: Uint8Array, lease?: Lease): void;
  /** What was waiting has been taken by the network. */
  onDrain(): void;
  /** Once, last. */
  onClose(reason: EndReason, because: string): void;
}

/** Carries frames. `send` never waits and never throws, and does not call the listener before it returns. */
export interface Transport {
  /** Sends a frame; the payload must not change until `taken` was called, which is at the latest when the transport is over. */
  send(type: FrameType, stream: number, payload?: Uint8Array, taken?: () => void): void;
  /** Lets go of it after what was sent. */
  close(reason: EndReason): void;
  /** Starts the flow; nothing is delivered within this call. */
  listen(listener: TransportListener): void;
  /** Bytes that the network has not taken yet. Where they were {@link HIGH_WATER_BYTES} or more, `onDrain` follows. */
  readonly bufferedBytes: number;
}
