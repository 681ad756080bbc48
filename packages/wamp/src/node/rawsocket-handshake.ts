// Reads the other side's handshake from a fresh socket, within a time: whoever says nothing keeps no descriptor.
import type { Socket } from "node:net";
import type { Clock } from "@s4t/kit";
import { WampError, wampErrors } from "../error.ts";
import { RAW_HEAD_BYTES, type RawHandshake, readHandshake } from "./rawsocket-frames.ts";

/** How long a handshake may take. */
export const RAW_HANDSHAKE_TIMEOUT_MS = 10_000;

/** A handshake, and what came with it. */
export interface HeardHandshake {
  readonly handshake: RawHandshake & { readonly reserved: boolean };
  readonly rest: Buffer;
}

/**
 * Resolves with the handshake, the socket paused. Rejects with `wamp.error.timeout`, `wamp.error.network_failure`, or
 * `wamp.error.protocol_violation` for what is no handshake.
 */
export const hearHandshake = (
  socket: Socket,
  clock: Clock,
  timeoutMs: number,
): Promise<HeardHandshake> =>
  new Promise((resolve, reject) => {
    let heard: Buffer = Buffer.alloc(0);
    const settle = (work: () => void): void => {
      timer.cancel();
      socket.off("data", onData).off("close", onClose).pause();
      work();
    };
    const onData = (chunk: Buffer): void => {
      heard = Buffer.concat([heard, chunk]);
      // One that is no raw socket is seen by its first byte.
      if (heard.length < RAW_HEAD_BYTES && heard[0] === 0x7f) return;
      settle(() => {
        try {
          const handshake = readHandshake(heard.subarray(0, RAW_HEAD_BYTES));
          resolve({ handshake, rest: heard.subarray(RAW_HEAD_BYTES) });
        } catch (error) {
          reject(error);
        }
      });
    };
    const onClose = (): void =>
      settle(() => reject(new WampError(wampErrors.networkFailure, "The connection was lost.")));
    const timer = clock.after(timeoutMs, () =>
      settle(() => reject(new WampError(wampErrors.timeout, `No handshake in ${timeoutMs} ms.`))),
    );
    socket.on("data", onData).on("close", onClose);
  });
