// Signed heads: what the log was at some size, said with the cloud's audit key. Pure but for the key.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { join } from "node:path";
import type { AuditHead } from "@s4t/contract";
import { canonicalJson, toRfc3339 } from "@s4t/kit";
import { readFileIfThere, writeFileAtomic } from "@s4t/kit/node";

/** The key that heads are signed with. */
export interface HeadKey {
  /** Raw Ed25519 public key, hex. */
  readonly publicHex: string;
  sign(text: string): string;
}

const rawPublic = (key: KeyObject): string =>
  Buffer.from(String(createPublicKey(key).export({ format: "jwk" }).x), "base64url").toString(
    "hex",
  );

/** Loads the audit key of a data folder, making it at the first start (mode 600). */
export const openHeadKey = (folder: string): HeadKey => {
  const file = join(folder, "audit.key");
  let pem = readFileIfThere(file);
  if (pem === undefined) {
    pem = generateKeyPairSync("ed25519")
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString();
    writeFileAtomic(file, pem);
  }
  const key = createPrivateKey(pem);
  return {
    publicHex: rawPublic(key),
    sign: (text) => sign(null, Buffer.from(text), key).toString("base64"),
  };
};

const signedPart = (head: Pick<AuditHead, "size" | "root" | "at">): string =>
  canonicalJson({ at: head.at, root: head.root, size: head.size });

/** Makes a head. */
export const signHead = (key: HeadKey, size: number, root: string, atMs: number): AuditHead => {
  const head = { size, root, at: toRfc3339(atMs) };
  return { ...head, key: key.publicHex, signature: key.sign(signedPart(head)) };
};

const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410: SubjectPublicKeyInfo of Ed25519

/** Whether a head is signed by the key that it names. */
export const isSigned = (head: AuditHead): boolean => {
  try {
    const key = createPublicKey({
      key: Buffer.concat([spkiPrefix, Buffer.from(head.key, "hex")]),
      format: "der",
      type: "spki",
    });
    return verify(null, Buffer.from(signedPart(head)), key, Buffer.from(head.signature, "base64"));
  } catch {
    return false;
  }
};
