// The cloud's own authority: fetched once at enrolment from an address that is not trusted yet, and believed because the hash of
// its key stands in the enrolment string.
import { createHash, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { fail } from "@s4t/contract";

/** How long the authority's certificate is waited for. */
export const AUTHORITY_TIMEOUT_MS = 10_000;
/** Largest answer: a certificate has about a thousand bytes. */
export const MAX_AUTHORITY_BYTES = 32_768;

/** SHA-256 of the SubjectPublicKeyInfo (DER) of a certificate, hex. */
export const keyHashOf = (pem: string): string =>
  createHash("sha256")
    .update(new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");

const read = async (url: URL): Promise<string> => {
  const { connect } = process.getBuiltinModule("node:tls");
  return new Promise((resolve, reject) => {
    const unreachable = (cause: Error) =>
      reject(fail("cloud.unreachable", { url: url.origin, because: cause.message }, cause));
    const host = url.hostname.replace(/^\[|\]$/g, "");
    // Nothing of this connection is believed and nothing secret is said on it: what it brings is compared with the pin.
    const socket = connect({
      host,
      port: Number(url.port || 443),
      // An address is no name (RFC 6066, 3).
      ...(isIP(host) === 0 ? { servername: host } : {}),
      checkServerIdentity: () => undefined,
      rejectUnauthorized: false,
    });
    socket.setTimeout(AUTHORITY_TIMEOUT_MS, () =>
      socket.destroy(new RangeError("no answer in time")),
    );
    let text = "";
    socket.once("secureConnect", () =>
      socket.write(`GET /ca.pem HTTP/1.1\r\nhost: ${url.host}\r\nconnection: close\r\n\r\n`),
    );
    socket.on("data", (piece: Buffer) => {
      text += piece.toString("latin1");
      if (text.length > MAX_AUTHORITY_BYTES)
        socket.destroy(new RangeError("the answer is too long"));
    });
    socket.once("error", unreachable);
    socket.once("close", () => resolve(text));
  });
};

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * The certificate (PEM) of the pinned authority at `url`, where later ones may stand beside it. Throws `agent.wrong-cloud`
 * when none has the pinned key.
 */
export const fetchAuthority = async (url: string, pin: string): Promise<string> => {
  const answer = await read(new URL(url));
  for (const [pem] of answer.matchAll(certificate)) {
    try {
      if (keyHashOf(pem) === pin) return `${pem}\n`;
    } catch {
      // not a certificate at all
    }
  }
  throw fail("agent.wrong-cloud", { url });
};
