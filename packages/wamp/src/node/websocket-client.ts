// A WebSocket client of our own on node:net and, only for wss, node:tls: `ws` loads http, https and zlib, which costs a small
// board 10 MB and 50 ms. No extensions, no redirects, no proxies.
import type { Socket } from "node:net";
import { type Clock, isS4tError } from "@s4t/kit";
import {
  openSocket,
  type PeerCertificate,
  peerCertificateOf,
  type TlsOptions,
  upgradeSocket,
} from "@s4t/kit/node/websocket";
import { WampError, wampErrors } from "../error.ts";
import { MAX_BUFFERED_BYTES, MAX_FRAME_BYTES, type Transport } from "../transport.ts";
import { channelIdOf } from "./channel-id.ts";
import { ClientSocketTransport } from "./client-socket-transport.ts";
import { PING_EVERY_MS } from "./keep-alive.ts";

/** TCP, TLS and the upgrade together may take this long: several round trips of a bad mobile link. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** Where and how to connect. */
export interface ConnectOptions {
  /** `ws://` or `wss://`. */
  readonly url: string;
  readonly subprotocol: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsOptions;
  readonly timeoutMs?: number;
  /** How long TLS and the upgrade may take once TCP is there; absent: what is left of `timeoutMs`. A busy server lets them wait. */
  readonly upgradeTimeoutMs?: number;
  readonly pingEveryMs?: number;
  readonly maxFrameBytes?: number;
  readonly maxBufferedBytes?: number;
  readonly signal?: AbortSignal;
  /** Hears of the socket below before it is connected: for who breaks lines on purpose. */
  readonly onSocket?: (socket: Socket) => void;
}

/** A connection that we opened. */
export interface ClientTransport extends Transport {
  /** RFC 9266 `tls-exporter` of the TLS channel; undefined on plain TCP. */
  readonly channelId: Uint8Array | undefined;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly localAddress: string | undefined;
}

const parseUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== "ws:" && url.protocol !== "wss:"))
    throw new WampError(wampErrors.invalidArgument, "The address is not a ws:// or wss:// URL.");
  return url;
};

const connect = async (
  options: ConnectOptions,
  clock: Clock,
  onSocket: (socket: Socket) => void,
): Promise<ClientTransport> => {
  const url = parseUrl(options.url);
  const socket = await openSocket(url, options.tls, onSocket);
  const rest = await upgradeSocket(socket, url, options.subprotocol, options.headers ?? {});
  const transport = new ClientSocketTransport(socket, rest, clock, {
    maxFrameBytes: options.maxFrameBytes ?? MAX_FRAME_BYTES,
    maxBufferedBytes: options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
    pingEveryMs: options.pingEveryMs ?? PING_EVERY_MS,
  });
  return Object.assign(transport, {
    channelId: channelIdOf(socket),
    peerCertificate: peerCertificateOf(socket),
    localAddress: socket.localAddress,
  });
};

const inOurWords = (error: unknown): unknown =>
  isS4tError(error, "socket.failed")
    ? new WampError(wampErrors.networkFailure, error.message, {
        details: error.details as Readonly<Record<string, unknown>>,
        cause: error.cause,
      })
    : error;

/**
 * Connects. Rejects with a `WampError` `wamp.error.network_failure` whose `details.because` says which step failed
 * (`address`, `connect`, `tls`, `pin`, `upgrade`), with `wamp.error.timeout`, or with the signal's reason.
 *
 * @example
 * const transport = await connectWebSocket(
 *   { url: "wss://cloud.example/link", subprotocol: jsonCodec.subprotocol, tls: { ca } },
 *   { clock: systemClock },
 * );
 */
export const connectWebSocket = async (
  options: ConnectOptions,
  { clock }: { readonly clock: Clock },
): Promise<ClientTransport> => {
  const { signal, timeoutMs = CONNECT_TIMEOUT_MS } = options;
  signal?.throwIfAborted();
  let socket: Socket | undefined;
  let givenUp: unknown;
  const giveUp = (reason: unknown): void => {
    givenUp ??= reason;
    socket?.destroy();
  };
  const patience = (ms: number) =>
    clock.after(ms, () =>
      giveUp(new WampError(wampErrors.timeout, `No connection within ${ms} ms.`)),
    );
  let timer = patience(timeoutMs);
  const { upgradeTimeoutMs } = options;
  const onAbort = () => giveUp(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await connect(options, clock, (opened) => {
      socket = opened;
      if (upgradeTimeoutMs !== undefined)
        opened.once("connect", () => {
          timer.cancel();
          timer = patience(upgradeTimeoutMs);
        });
      options.onSocket?.(opened);
      if (givenUp !== undefined) opened.destroy();
    });
  } catch (error) {
    socket?.destroy();
    throw givenUp ?? inOurWords(error);
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
  }
};
