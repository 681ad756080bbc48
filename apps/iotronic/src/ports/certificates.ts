// Who vouches for this cloud towards boards, programs and browsers: the certificate that it shows, and the authority behind it.
import type { Part } from "@s4t/kit";

/** A certificate to serve TLS with. */
export interface Leaf {
  /** Private key, PEM (PKCS 8). It stays the same from one certificate to the next, so that who pinned it is not left out. */
  readonly key: string;
  /** The certificate and those that lead to an authority, PEM, the leaf first. */
  readonly chain: string;
  /** SHA-256 of the leaf's public key (SubjectPublicKeyInfo, DER), base64: what `curl --pinnedpubkey` compares. */
  readonly pin: string;
  readonly expiresAtMs: number;
}

/** Whom boards and programs are told to trust. */
export interface Trust {
  /** Certificate of the authority that vouches now, PEM. */
  readonly authority: string;
  /** SHA-256 of its public key (SubjectPublicKeyInfo, DER), hex: what an enrolment string carries. */
  readonly fingerprint: string;
  /** Each later authority as the one before signed it, PEM, newest first: the way there for who was away. */
  readonly succession: readonly string[];
  /** Certificates of the authorities before, PEM, newest first: enrolment strings that name them are still about. */
  readonly earlier: readonly string[];
}

export interface CertificatesDriver extends Part {
  /** A certificate for exactly these host names and addresses: the present one while it is good, else a new one. */
  leafFor(names: readonly string[]): Promise<Leaf>;
  /** Host names and addresses of the present certificate, also after a start; none where there is none yet. */
  names(): readonly string[];
  trust(): Trust;
  /** Makes a new authority, signed under the present one, and vouches by it from now on. */
  succeed(): Promise<Trust>;
}
