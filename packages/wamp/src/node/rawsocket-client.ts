// A RawSocket client on node:net: for programs beside a router, over TCP or a Unix socket.
import { connect, type Socket } from "node:net";
import type { Clock } from "@s4t/kit";
import { WampError, wampErrors } from "../error.ts";
import { MAX_BUFFERED_BYTES, MAX_FRAME_BYTES, type Transport } from "../transport.ts";
import { PING_EVERY_MS } from "./keep-alive.ts";
import { encodeHandshake, rawSerializers } from "./rawsocket-frames.ts";
import { hearHandshake } from "./rawsocket-handshake.ts";
import { RawSocketTransport } from "./rawsocket-transport.ts";
import { CONNECT_TIMEOUT_MS } from "./websocket-client.ts";

/** Where and how to connect. */
export interface ConnectRawOptions {
  /** A host and a port, or the path of a Unix socket. */
  readonly to: { readonly host: string; readonly port: number } | { readonly path: string };
  /** The serializer, by the name that it has as a WebSocket subprotocol. */
  readonly subprotocol: string;
  readonly timeoutMs?: number;
  readonly pingEveryMs?: number;
  readonly maxFrameBytes?: number;
  readonly maxBufferedBytes?: number;
  readonly signal?: AbortSignal;
}

const refusals: Readonly<Record<number, string>> = {
  1: "The router does not speak this serializer.",
  2: "The router does not accept this length of messages.",
  3: "The router does not know the reserved bits.",
  4: "The router has as many connections as it takes.",
};

const whenConnected = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", (cause) =>
      reject(new WampError(wampErrors.networkFailure, "There is no connection.", { cause })),
    );
  });

/**
 * Connects. Rejects with a `WampError` `wamp.error.network_failure` (no connection, or a refusal whose number is in
 * `details.refusal`), `wamp.error.protocol_violation` (no router of raw sockets), `wamp.error.timeout`, or the signal's reason.
 *
 * @example
 * const transport = await connectRawSocket(
 *   { to: { path: "/run/router.sock" }, subprotocol: cborCodec.subprotocol },
 *   { clock: systemClock },
 * );
 */
export const connectRawSocket = async (
  options: ConnectRawOptions,
  { clock }: { readonly clock: Clock },
): Promise<Transport> => {
  const { to, subprotocol, signal, timeoutMs = CONNECT_TIMEOUT_MS } = options;
  const serializer = Number(
    Object.keys(rawSerializers).find((key) => rawSerializers[Number(key)] === subprotocol) ?? 0,
  );
  if (serializer === 0)
    throw new WampError(wampErrors.invalidArgument, "Raw sockets have no number for it.");
  signal?.throwIfAborted();
  const socket = connect(to);
  let givenUp: unknown;
  const giveUp = (reason: unknown): void => {
    givenUp ??= reason;
    socket.destroy();
  };
  const onAbort = () => giveUp(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = clock.after(timeoutMs, () =>
    giveUp(new WampError(wampErrors.timeout, `No connection within ${timeoutMs} ms.`)),
  );
  try {
    const heard = hearHandshake(socket, clock, timeoutMs);
    heard.catch(() => {}); // told below
    await whenConnected(socket);
    socket.setNoDelay(true);
    const ours = encodeHandshake(serializer, options.maxFrameBytes ?? MAX_FRAME_BYTES);
    socket.write(ours);
    const { handshake, rest } = await heard;
    if (handshake.serializer !== serializer)
      throw new WampError(
        wampErrors.networkFailure,
        refusals[handshake.error] ?? "The router answered for another serializer.",
        { details: { refusal: handshake.error } },
      );
    return new RawSocketTransport(socket, rest, clock, {
      maxFrameBytes: 2 ** (9 + ((ours[1] as number) >> 4)),
      peerMaxBytes: handshake.maxBytes,
      maxBufferedBytes: options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
      pingEveryMs: options.pingEveryMs ?? PING_EVERY_MS,
      isText: subprotocol === "wamp.2.json",
    });
  } catch (error) {
    socket.destroy();
    throw givenUp ?? error;
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
  }
};
