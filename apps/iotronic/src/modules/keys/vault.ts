// Private keys at rest: AES-256-GCM, each under a secret of its own in a file of the data folder (mode 600), so that whoever has
// the database alone has none of them. Destroying the file makes every copy of the row worthless, also those that a database
// keeps in its journal and in freed pages, where overwriting a row does not reach.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makePrivateFolder, removeFileDurably, writeFileAtomic } from "@s4t/kit/node";

const SECRET_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Vault {
  open(): void;
  /** Encrypts the private half of a key, its secret durably on disk by then. */
  lock(key: string, privateDer: Buffer): string;
  unlock(key: string, locked: string): Buffer;
  /** Overwrites and removes a key's secret. One that is gone is fine. */
  destroy(key: string): void;
  /** Keys that there is a secret of. */
  list(): readonly string[];
}

/** Makes it; `folder` holds nothing else. */
export const createVault = (folder: string): Vault => {
  const pathOf = (key: string): string => join(folder, key);
  return {
    open: () => makePrivateFolder(folder),
    lock(key, privateDer) {
      const secret = randomBytes(SECRET_BYTES);
      writeFileAtomic(pathOf(key), secret);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce).setAAD(Buffer.from(key));
      const text = Buffer.concat([cipher.update(privateDer), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
    },
    unlock(key, locked) {
      const bytes = Buffer.from(locked, "base64");
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", readFileSync(pathOf(key)), nonce)
        .setAAD(Buffer.from(key))
        .setAuthTag(tag);
      const text = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(text), decipher.final()]);
    },
    destroy(key) {
      try {
        const handle = openSync(pathOf(key), "r+");
        try {
          writeSync(handle, Buffer.alloc(SECRET_BYTES));
          fsyncSync(handle);
        } finally {
          closeSync(handle);
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
        throw error;
      }
      removeFileDurably(pathOf(key));
    },
    list: () => readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name)),
  };
};
