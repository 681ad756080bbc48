// What only whoever has a key can read: what is stored beside a hash of its secret, or away from its file, gives nothing away.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key out of a secret of at least 128 random bits (HKDF, RFC 5869). `salt`: whose it is; `purpose`: what for. */
export const keyOf = (secret: string, salt: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, salt, purpose, 32));

/** Text or bytes → nonce, tag and cipher text (AES-256-GCM) as base64. `bound`: what it belongs to, without which it does not open. */
export const lock = (key: Buffer, bound: string, content: string | Uint8Array): string => {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(bound));
  const bytes = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), bytes]).toString("base64");
};

/** The bytes again. Throws for another key, another thing that it is said to belong to, or a changed byte. */
export const unlock = (key: Buffer, bound: string, locked: string): Buffer => {
  const bytes = Buffer.from(locked, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(bound))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  const content = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([content, decipher.final()]);
};
