// Ed25519 as the contract speaks it: raw public keys and signatures in hex, texts as UTF-8.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";

const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410: SubjectPublicKeyInfo of Ed25519

/** Whether a key has signed a text. Both come from strangers: what cannot be a key or a signature has not. */
export const isSignedBy = (keyHex: string, text: string, signatureHex: string): boolean => {
  try {
    const key = createPublicKey({
      key: Buffer.concat([spkiPrefix, Buffer.from(keyHex, "hex")]),
      format: "der",
      type: "spki",
    });
    return verify(null, Buffer.from(text), key, Buffer.from(signatureHex, "hex"));
  } catch {
    return false;
  }
};

/** A new pair: the public half in hex, the private one as PKCS 8. */
export const generatePair = (): { readonly key: string; readonly privateDer: Buffer } => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = (key: KeyObject) => Buffer.from(String(key.export({ format: "jwk" }).x), "base64url");
  return {
    key: raw(publicKey).toString("hex"),
    privateDer: privateKey.export({ type: "pkcs8", format: "der" }),
  };
};

/** Signs a text; hex. */
export const signWith = (privateDer: Buffer, text: string): string =>
  sign(
    null,
    Buffer.from(text),
    createPrivateKey({ key: privateDer, format: "der", type: "pkcs8" }),
  ).toString("hex");
