// A transport on the WebSocket that the platform has: browsers, Deno, Node from 22 on. It carries what every page may carry; a small
// agent takes our own client instead (`@s4t/wamp/node/client`), which costs it less.
import { systemClock } from "@s4t/kit";
import { WampError, wampErrors } from "../error.ts";
import { SlowReaderWatch } from "../slow-reader.ts";
import { MAX_BUFFERED_BYTES, type Transport, type TransportEnd } from "../transport.ts";

/** Where to connect. */
export interface GlobalWebSocketOptions {
  /** `ws://` or `wss://`. */
  readonly url: string;
  readonly subprotocol: string;
  readonly maxBufferedBytes?: number;
  readonly signal?: AbortSignal;
}

const transportOver = (socket: WebSocket, maxBufferedBytes: number): Transport => {
  /** What will be told as the end, where it was our doing. */
  let dropped: TransportEnd | undefined;
  const watch = new SlowReaderWatch(systemClock, maxBufferedBytes);
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(data) {
      if (socket.readyState !== socket.OPEN) return;
      if (watch.isTooSlow(socket.bufferedAmount)) {
        dropped ??= { code: 1008, reason: "The peer reads too slowly." };
        socket.close(4008, dropped.reason);
      } else socket.send(data as string | Uint8Array<ArrayBuffer>);
    },
    close(code, reason) {
      if (socket.readyState > socket.OPEN) return;
      dropped ??= { code, reason };
      // Pages may close with 1000 and with codes of their own only.
      socket.close(code === 1000 || code >= 3000 ? code : code + 3000, reason);
    },
    listen(listener) {
      socket.onmessage = ({ data }: MessageEvent<unknown>) =>
        listener.onMessage(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
      const onClose = (code: number, reason: string) =>
        listener.onClose(dropped ?? { code, reason });
      socket.onclose = ({ code, reason }) => onClose(code, reason);
      if (socket.readyState === socket.CLOSED)
        queueMicrotask(() => onClose(1006, "The connection was lost."));
    },
  };
};

/**
 * Connects. Rejects with a `WampError` `wamp.error.network_failure`, or with the signal's reason. What the server sends before
 * somebody listens is lost: listen at once, as `joinRealm` does.
 *
 * @example
 * const transport = await connectGlobalWebSocket({ url: "wss://cloud.example/link", subprotocol: jsonCodec.subprotocol });
 * const session = await joinRealm(openPeer(transport, jsonCodec), { realm: "s4t" }, { clock: systemClock });
 */
export const connectGlobalWebSocket = (options: GlobalWebSocketOptions): Promise<Transport> =>
  new Promise((resolve, reject) => {
    const { url, subprotocol, maxBufferedBytes = MAX_BUFFERED_BYTES, signal } = options;
    if (signal?.aborted) return reject(signal.reason);
    const socket = new WebSocket(url, subprotocol);
    socket.binaryType = "arraybuffer";
    const onAbort = () => {
      socket.close();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.onopen = () => {
      signal?.removeEventListener("abort", onAbort);
      resolve(transportOver(socket, maxBufferedBytes));
    };
    // Pages are not told why.
    socket.onclose = () => {
      signal?.removeEventListener("abort", onAbort);
      reject(new WampError(wampErrors.networkFailure, "The server could not be reached."));
    };
  });
