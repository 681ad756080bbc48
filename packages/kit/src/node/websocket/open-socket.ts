// Opens the TCP or TLS connection under a WebSocket. TLS is always verified; there is no switch to turn that off.
import { isIP, connect as netConnect, type Socket } from "node:net";
import type { ConnectionOptions, PeerCertificate as NodeCertificate, TLSSocket } from "node:tls";
import { socketFailure } from "./failure.ts";

/** The server's certificate. */
export interface PeerCertificate {
  /** DER of the leaf. */
  readonly raw: Uint8Array;
  /** DER of its SubjectPublicKeyInfo, for pins that outlive a renewal. */
  readonly publicKey: Uint8Array;
  /** `AB:CD:…` SHA-256 of `raw`. */
  readonly fingerprint256: string;
}

/** How TLS is spoken. */
export interface TlsOptions {
  /** PEM of the only authorities that are trusted; absent: those of the platform. */
  readonly ca?: string | readonly string[];
  /** The name to ask for and to check; absent: the URL's host. */
  readonly servername?: string;
  /** Replaces Node's own check of the name: returns an error to refuse. */
  readonly checkServerIdentity?: (host: string, certificate: NodeCertificate) => Error | undefined;
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

const tlsOptionsOf = (host: string, options: TlsOptions): ConnectionOptions => {
  const { ca, servername = host, checkServerIdentity } = options;
  return {
    minVersion: "TLSv1.2",
    // An address is no name (RFC 6066, 3): it is checked against the certificate's addresses, but not asked for.
    ...(isIP(servername) ? {} : { servername }),
    ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
    ...(checkServerIdentity ? { checkServerIdentity } : {}),
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
  let socket: Socket;
  if (isSecure) {
    // Loaded only here: an agent on plain loopback never pays for TLS.
    // As CommonJS has it: an ES import reads every export, and one of them is all authorities of the world as text, 2 MB.
    const { connect: tlsConnect } = process.getBuiltinModule("node:tls");
    socket = tlsConnect({ host, port, ...tlsOptionsOf(host, tls) });
  } else socket = netConnect({ host, port });
  onSocket(socket);
  socket.setNoDelay(true);
  await untilOpen(socket, isSecure ? "secureConnect" : "connect");
  const certificate = peerCertificateOf(socket);
  const refused = certificate && tls.checkPeer?.(certificate);
  if (refused !== undefined) throw socketFailure("pin", refused);
  return socket;
};
