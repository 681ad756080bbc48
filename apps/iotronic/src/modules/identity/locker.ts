// Secrets that must be read again, at rest: AES-256-GCM under a key in a file of the data folder (mode 600), so that whoever has the
// database alone has none of them.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { writeFileAtomic } from "@s4t/kit/node";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Locker {
  /** `of`: what the secret belongs to; it opens for nothing else. */
  lock(of: string, secret: Uint8Array): string;
  /** Undefined: locked with another key, for something else, or damaged. */
  unlock(of: string, locked: string): Buffer | undefined;
}

/** Makes it; the file is made at first need. */
export const createLocker = (file: string): Locker => {
  let key: Buffer | undefined;
  const keyOf = (): Buffer => {
    if (key) return key;
    if (!existsSync(file)) writeFileAtomic(file, randomBytes(KEY_BYTES));
    key = readFileSync(file);
    return key;
  };
  return {
    lock(of, secret) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", keyOf(), nonce).setAAD(Buffer.from(of));
      const text = Buffer.concat([cipher.update(secret), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
    },
    unlock(of, locked) {
      const bytes = Buffer.from(locked, "base64");
      try {
        const decipher = createDecipheriv("aes-256-gcm", keyOf(), bytes.subarray(0, NONCE_BYTES))
          .setAAD(Buffer.from(of))
          .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const text = bytes.subarray(NONCE_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(text), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
};
