// Certificates as this cloud writes them (RFC 5280): ECDSA on P-256, which everything verifies. They are valid from 1970 on:
// a board without a battery behind its clock starts there, and must still find its cloud.
import "reflect-metadata";
import { createHash, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509Certificate as X509Document,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const beginning = new Date(0);

/** A key pair as it lies on the disk: PEM, PKCS 8. */
export const makeKey = async (): Promise<string> => {
  const pair = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const der = await webcrypto.subtle.exportKey("pkcs8", pair.privateKey);
  const text =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${text.join("\n")}\n-----END PRIVATE KEY-----\n`;
};

const openKey = async (pem: string): Promise<webcrypto.CryptoKeyPair> => {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const privateKey = await webcrypto.subtle.importKey("pkcs8", der, algorithm, true, ["sign"]);
  const { kty, crv, x, y } = await webcrypto.subtle.exportKey("jwk", privateKey);
  const half = { kty, crv, x, y } as webcrypto.JsonWebKey;
  const publicKey = await webcrypto.subtle.importKey("jwk", half, algorithm, true, ["verify"]);
  return { privateKey, publicKey };
};

const serial = (): string => `4a${randomBytes(15).toString("hex")}`; // positive, 120 random bits

/** SHA-256 of a certificate's public key (SubjectPublicKeyInfo, DER). */
export const keyHashOf = (pem: string, encoding: "hex" | "base64"): string =>
  createHash("sha256")
    .update(new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }))
    .digest(encoding);

/** Who signs: a key, and the certificate that names it. */
export interface Issuer {
  readonly key: string;
  readonly certificate: string;
}

const authorityExtensions = async (publicKey: webcrypto.CryptoKey) => [
  new BasicConstraintsExtension(true, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  await SubjectKeyIdentifierExtension.create(publicKey),
];

/** A certificate that vouches for itself. */
export const issueRoot = async (key: string, subject: string, notAfter: Date): Promise<string> => {
  const keys = await openKey(key);
  const made = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: subject,
    notBefore: beginning,
    notAfter,
    signingAlgorithm: algorithm,
    keys,
    extensions: await authorityExtensions(keys.publicKey),
  });
  return `${made.toString("pem")}\n`;
};

const issuedBy = async (issuer: Issuer) => {
  const { privateKey, publicKey } = await openKey(issuer.key);
  return {
    issuer: new X509Document(issuer.certificate).subjectName,
    signingKey: privateKey,
    identifier: await AuthorityKeyIdentifierExtension.create(publicKey),
  };
};

/** A later authority, as an earlier one vouches for it: same name and key as the later one's own certificate. */
export const issueSuccessor = async (
  issuer: Issuer,
  successor: Issuer,
  notAfter: Date,
): Promise<string> => {
  const by = await issuedBy(issuer);
  const { publicKey } = await openKey(successor.key);
  const made = await X509CertificateGenerator.create({
    serialNumber: serial(),
    issuer: by.issuer,
    subject: new X509Document(successor.certificate).subjectName,
    notBefore: beginning,
    notAfter,
    signingAlgorithm: algorithm,
    signingKey: by.signingKey,
    publicKey,
    extensions: [...(await authorityExtensions(publicKey)), by.identifier],
  });
  return `${made.toString("pem")}\n`;
};

/** A certificate to serve TLS with, for these names and addresses. */
export const issueLeaf = async (
  issuer: Issuer,
  key: string,
  names: readonly string[],
  notAfter: Date,
): Promise<string> => {
  const by = await issuedBy(issuer);
  const { publicKey } = await openKey(key);
  const made = await X509CertificateGenerator.create({
    serialNumber: serial(),
    issuer: by.issuer,
    subject: "CN=Stack4Things",
    notBefore: beginning,
    notAfter,
    signingAlgorithm: algorithm,
    signingKey: by.signingKey,
    publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }) as const),
      ),
      await SubjectKeyIdentifierExtension.create(publicKey),
      by.identifier,
    ],
  });
  return `${made.toString("pem")}\n`;
};
