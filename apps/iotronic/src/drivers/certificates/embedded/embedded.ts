// The cloud's own authority: made at the first start, followed by another whenever somebody asks. A board that trusts an earlier
// one reaches the present one by certificates that each authority signed for the next (cross certificates), which are served
// with every leaf: nobody is left out, however long they were away.
import { randomBytes, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { fail } from "@s4t/contract";
import { makePrivateFolder, readFileIfThere, writeFileAtomic } from "@s4t/kit/node";
import type { CertificatesDriver, Leaf, Trust } from "../../../ports/certificates.ts";
import type { EmbeddedCertificatesOptions } from "./config.ts";
import { issueLeaf, issueRoot, issueSuccessor, keyHashOf, makeKey } from "./issue.ts";

const dayMs = 86_400_000;
/** How long an authority vouches: longer than a board hangs on its lamp post. */
export const AUTHORITY_LIFE_DAYS = 7_300;
/** How long a leaf is good. Browsers and libraries distrust what is good for years. */
export const LEAF_LIFE_DAYS = 90;
/** A leaf that is good for less than this is replaced. */
export const LEAF_RENEWAL_DAYS = 30;
/** Authorities that followed one another and are still led to; a handshake carries them all. */
export const MAX_SUCCESSION = 7;

/** What lies in `authority.json`. */
interface Authority {
  readonly key: string;
  readonly certificate: string;
  readonly succession: readonly string[];
  readonly earlier: readonly string[];
}

const trustOf = ({ certificate, succession, earlier }: Authority): Trust => ({
  authority: certificate,
  fingerprint: keyHashOf(certificate, "hex"),
  succession,
  earlier,
});

/** Names of a certificate as X.509 lists them, `DNS:…` and `IP Address:…`, without the kind. */
const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? "").split(", ").map((name) => name.replace(/^[^:]+:/, ""));
// IPv6 addresses have many spellings; X.509 prints one of its own.
const spelled = (name: string): string =>
  name.includes(":") ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase();

class EmbeddedCertificates implements CertificatesDriver {
  readonly name = "certificates";
  readonly #options: EmbeddedCertificatesOptions;
  #authority: Authority | undefined;
  #trust: Trust | undefined;

  constructor(options: EmbeddedCertificatesOptions) {
    this.#options = options;
  }

  #file(name: string): string {
    return join(this.#options.folder, name);
  }

  async start(): Promise<void> {
    makePrivateFolder(this.#options.folder);
    const text = readFileIfThere(this.#file("authority.json"));
    if (text === undefined) this.#keep({ ...(await this.#make()), succession: [], earlier: [] });
    else this.#authority = JSON.parse(text) as Authority;
  }

  #keep(authority: Authority): void {
    writeFileAtomic(this.#file("authority.json"), `${JSON.stringify(authority, null, 2)}\n`);
    this.#authority = authority;
  }

  async #make() {
    const { name, clock } = this.#options;
    const key = await makeKey();
    // Each its own name: two authorities that are called alike cannot be told apart on the way from one to the other.
    const mark = randomBytes(4).toString("hex");
    const plain = name.replaceAll(/[^\p{L}\p{N} ._-]/gu, "").slice(0, 40) || "cloud";
    const until = new Date(clock.now() + AUTHORITY_LIFE_DAYS * dayMs);
    const certificate = await issueRoot(
      key,
      `CN=${plain} authority ${mark}, O=Stack4Things`,
      until,
    );
    return { key, certificate };
  }

  #present(): Authority {
    if (!this.#authority) throw fail("cloud.unavailable", { because: "it has not started yet" });
    return this.#authority;
  }

  names(): readonly string[] {
    const certificate = readFileIfThere(this.#file("leaf.pem"));
    return certificate === undefined ? [] : namesOf(new X509Certificate(certificate)).map(spelled);
  }

  trust(): Trust {
    const present = this.#present();
    // Asked for at every join: reading a certificate for it would cost as much as all else.
    if (this.#trust?.authority !== present.certificate) this.#trust = trustOf(present);
    return this.#trust;
  }

  async succeed(): Promise<Trust> {
    const present = this.#present();
    const made = await this.#make();
    const until = new Date(new X509Certificate(present.certificate).validTo);
    const signed = await issueSuccessor(present, made, until);
    this.#keep({
      ...made,
      succession: [signed, ...present.succession].slice(0, MAX_SUCCESSION),
      earlier: [present.certificate, ...present.earlier].slice(0, MAX_SUCCESSION),
    });
    return this.trust();
  }

  async leafFor(names: readonly string[]): Promise<Leaf> {
    const { clock } = this.#options;
    const authority = this.#present();
    let key = readFileIfThere(this.#file("leaf.key"));
    if (key === undefined) {
      key = await makeKey();
      writeFileAtomic(this.#file("leaf.key"), key);
    }
    let certificate = readFileIfThere(this.#file("leaf.pem"));
    if (certificate === undefined || !this.#isGood(certificate, authority, names)) {
      const until = new Date(clock.now() + LEAF_LIFE_DAYS * dayMs);
      certificate = await issueLeaf(authority, key, names, until);
      writeFileAtomic(this.#file("leaf.pem"), certificate);
    }
    return {
      key,
      chain: [certificate, ...authority.succession].join(""),
      pin: keyHashOf(certificate, "base64"),
      expiresAtMs: Date.parse(new X509Certificate(certificate).validTo),
    };
  }

  #isGood(pem: string, authority: Authority, names: readonly string[]): boolean {
    const leaf = new X509Certificate(pem);
    const goodForMs = Date.parse(leaf.validTo) - this.#options.clock.now();
    const has = new Set(namesOf(leaf).map(spelled));
    return (
      goodForMs > LEAF_RENEWAL_DAYS * dayMs &&
      has.size === new Set(names.map(spelled)).size &&
      names.every((name) => has.has(spelled(name))) &&
      leaf.verify(new X509Certificate(authority.certificate).publicKey)
    );
  }
}

/** The cloud's own authority, in a folder. */
export const createEmbeddedCertificates = (
  options: EmbeddedCertificatesOptions,
): CertificatesDriver => new EmbeddedCertificates(options);
