// A WebSocket client of our own on node:net and, only when asked for, node:tls: `ws` would cost the agent 10 MB.
import { Bug, type Clock } from "@s4t/kit";
import type { Transport } from "../transport.ts";

/** How TLS is spoken. It is always verified: against `ca`, or by `checkPeer` on top of it. */
export interface TlsOptions {
  /** PEM of the only authorities that are trusted; absent: those of the platform. */
  readonly ca?: string | readonly string[];
  readonly servername?: string;
  /** Node's own name check by default; returns an error to refuse. */
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
  /** A last word on the verified certificate (pinning): returns why it is refused, or undefined. */
  readonly checkPeer?: (certificate: PeerCertificate) => string | undefined;
}

/** The server's certificate. */
export interface PeerCertificate {
  /** DER of the leaf. */
  readonly raw: Uint8Array;
  /** DER of its SubjectPublicKeyInfo, for pins that outlive a renewal. */
  readonly publicKey: Uint8Array;
  /** `AB:CD:…` SHA-256 of `raw`. */
  readonly fingerprint256: string;
}

/** Where and how to connect. */
export interface ConnectOptions {
  /** `ws://` or `wss://`. */
  readonly url: string;
  readonly subprotocol: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: TlsOptions;
  readonly timeoutMs?: number;
  readonly pingEveryMs?: number;
  readonly maxFrameBytes?: number;
  readonly maxBufferedBytes?: number;
  readonly signal?: AbortSignal;
}

/** A connection that we opened. */
export interface ClientTransport extends Transport {
  /** RFC 9266 `tls-exporter` of the TLS channel; undefined on plain TCP. */
  readonly channelId: Uint8Array | undefined;
  readonly peerCertificate: PeerCertificate | undefined;
  readonly localAddress: string | undefined;
}

/** Connects. Rejects with a `WampError` `wamp.error.network_failure` whose `details.because` says which step failed. */
export const connectWebSocket = (
  _options: ConnectOptions,
  _deps: { readonly clock: Clock },
): Promise<ClientTransport> => Promise.reject(new Bug("being filled in"));
