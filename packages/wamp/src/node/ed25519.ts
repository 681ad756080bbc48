// Ed25519 on node:crypto with keys as raw hex. Verification runs in the crypto pool: 0.2 ms each would stall a router when
// thousands of boards return at once.
import {
  createPrivateKey,
  createPublicKey,
  sign as cryptoSign,
  verify as cryptoVerify,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { WampError, wampErrors } from "../error.ts";
import { decodeHex, encodeHex } from "../hex.ts";

// The fixed DER wrapping of a raw Ed25519 key (RFC 8410), so that keys travel and rest as 32 bytes.
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

/** A key pair as hex: the private half is the 32-byte seed. */
export interface Ed25519KeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

const privateKeyOf = (seedHex: string): KeyObject => {
  const seed = decodeHex(seedHex, 32);
  if (!seed) throw new WampError(wampErrors.invalidArgument, "A private key is 32 bytes of hex.");
  return createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: "der",
    type: "pkcs8",
  });
};

const rawPublicKey = (key: KeyObject): string =>
  encodeHex(key.export({ format: "der", type: "spki" }).subarray(spkiPrefix.length));

/** Makes a new key pair. */
export const createEd25519KeyPair = (): Ed25519KeyPair => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  return {
    publicKey: rawPublicKey(publicKey),
    privateKey: encodeHex(
      privateKey.export({ format: "der", type: "pkcs8" }).subarray(pkcs8Prefix.length),
    ),
  };
};

/** The public half of a private key. */
export const ed25519PublicKey = (privateKey: string): string =>
  rawPublicKey(createPublicKey(privateKeyOf(privateKey)));

/** A signer that holds `privateKey` (hex). */
export const ed25519Signer = (privateKey: string): ((message: Uint8Array) => Uint8Array) => {
  const key = privateKeyOf(privateKey);
  return (message) => cryptoSign(null, message, key);
};

/** Checks a signature in the crypto pool; false for a wrong one, or for bytes that are no key. */
export const verifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> =>
  new Promise((resolve) => {
    let key: KeyObject;
    try {
      key = createPublicKey({
        key: Buffer.concat([spkiPrefix, publicKey]),
        format: "der",
        type: "spki",
      });
    } catch {
      return resolve(false);
    }
    cryptoVerify(null, message, key, signature, (error, ok) => resolve(!error && ok));
  });
