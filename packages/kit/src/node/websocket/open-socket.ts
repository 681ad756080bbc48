// Opens the TCP or TLS connection under a WebSocket. TLS is always verified; there is no switch to turn that off.
import { isIP, connect as netConnect, type Socket } from "node:net";
import type { PeerCertificate as NodeCertificate, SecureContext, TLSSocket } from "node:tls";
import { isFailureOf, socketFailure } from "./failure.ts";

/** The server's certificate. */
export interface PeerCertificate {
  /** DER of the leaf. */
  readonly raw: Uint8Array;
  /** DER of its SubjectPublicKeyInfo, for pins that outlive a renewal. */
  readonly publicKey: Uint8Array;
  /** `AB:CD:…` SHA-256 of `raw`. */
  readonly fingerprint256: string;
}

/**
 * What a TLS session is taken up again with (RFC 8446, 2.2): neither end signs anything for it, and the server's name and authority
 * are those that were checked when it began. Kept by who connects again and again to one server under one set of authorities; whoever
 * trusts others from now on begins with a new one. A session that a server does not know any more costs nothing: a new one begins.
 */
export interface Resumption {
  session?: Buffer | undefined;
}

/** How TLS is spoken. */
export interface TlsOptions {
  /** PEM of the only authorities that are trusted; absent: those of the platform. */
  readonly ca?: string | readonly string[];
  /** The name to ask for and to check; absent: the URL's host. */
  readonly servername?: string;
  /** Replaces Node's own check of the name: returns an error to refuse. */
  readonly checkServerIdentity?: (host: string, certificate: NodeCertificate) => Error | undefined;
  /** Where the session is kept that this connection takes up, and the next one after it. */
  readonly resumption?: Resumption;
  /** A last word on the verified certificate (pinning): returns why it is refused, or undefined. */
  readonly checkPeer?: (certificate: PeerCertificate) => string | undefined;
}

/** The peer's certificate; undefined on plain TCP. */
export const peerCertificateOf = (socket: Socket): PeerCertificate | undefined => {
  if (!("getPeerX509Certificate" in socket)) return undefined;
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  if (!certificate) return undefined;
  return {
    raw: certificate.raw,
    publicKey: certificate.publicKey.export({ format: "der", type: "spki" }),
    fingerprint256: certificate.fingerprint256,
  };
};

type Tls = typeof import("node:tls");

/** The authorities that were trusted last, read once: an agent trusts the same at every connection. */
let lastTrusted: { readonly ca: string | undefined; readonly context: SecureContext } | undefined;

const contextOf = (ca: TlsOptions["ca"], { createSecureContext }: Tls): SecureContext => {
  const text = typeof ca === "object" ? ca.join("\n") : ca;
  if (lastTrusted && lastTrusted.ca === text) return lastTrusted.context;
  const context = createSecureContext({
    minVersion: "TLSv1.2",
    ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
  });
  lastTrusted = { ca: text, context };
  return context;
};

const connectTls = (at: { host: string; port: number }, options: TlsOptions): TLSSocket => {
  // Loaded only here: an agent on plain loopback never pays for TLS.
  // As CommonJS has it: an ES import reads every export, and one of them is all authorities of the world as text, 2 MB.
  const tls: Tls = process.getBuiltinModule("node:tls");
  const { ca, servername = at.host, checkServerIdentity, resumption } = options;
  const session = resumption?.session;
  return tls.connect({
    ...at,
    secureContext: contextOf(ca, tls),
    // An address is no name (RFC 6066, 3): it is checked against the certificate's addresses, but not asked for.
    ...(isIP(servername) ? {} : { servername }),
    ...(checkServerIdentity ? { checkServerIdentity } : {}),
    ...(session ? { session } : {}),
  });
};

/**
 * What the server hands out is kept once it has shown that it is the one that was asked for: the answer is called then. A server gives
 * no new session to who takes one up: that one is kept.
 */
const keepSessions = (socket: TLSSocket, resumption: Resumption): (() => void) => {
  const used = resumption.session;
  let latest: Buffer | undefined;
  let isTrusted = false;
  socket.on("session", (session: Buffer) => {
    latest = session;
    if (isTrusted) resumption.session = session;
  });
  return () => {
    isTrusted = true;
    resumption.session = latest ?? (socket.isSessionReused() ? used : undefined);
  };
};

const untilOpen = (socket: Socket, event: "connect" | "secureConnect"): Promise<void> =>
  new Promise((resolve, reject) => {
    // A socket that failed no longer says how far it had come.
    let connected = false;
    socket.once("connect", () => {
      connected = true;
    });
    const onError = (error: Error) => {
      socket.off("close", onClose);
      const step = event === "secureConnect" && connected ? "tls" : "connect";
      reject(socketFailure(step, "The server could not be reached.", error));
    };
    const onClose = () => reject(socketFailure("connect", "The connection was closed."));
    socket.once("error", onError);
    socket.once("close", onClose);
    socket.once(event, () => {
      socket.off("error", onError);
      socket.off("close", onClose);
      resolve();
    });
  });

/** Opens the connection that `url` names. `onSocket` gets the socket before it is connected, to destroy it when given up. */
export const openSocket = async (
  url: URL,
  tls: TlsOptions = {},
  onSocket: (socket: Socket) => void,
): Promise<Socket> => {
  const isSecure = url.protocol === "wss:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || (isSecure ? 443 : 80));
  const socket: Socket = isSecure ? connectTls({ host, port }, tls) : netConnect({ host, port });
  const trust =
    isSecure && tls.resumption ? keepSessions(socket as TLSSocket, tls.resumption) : undefined;
  onSocket(socket);
  socket.setNoDelay(true);
  try {
    await untilOpen(socket, isSecure ? "secureConnect" : "connect");
  } catch (error) {
    if (tls.resumption && isFailureOf(error, "tls")) tls.resumption.session = undefined;
    throw error;
  }
  const certificate = peerCertificateOf(socket);
  const refused = certificate && tls.checkPeer?.(certificate);
  if (refused !== undefined) throw socketFailure("pin", refused);
  trust?.();
  return socket;
};
