// Secrets that must be read again, at rest: AES-256-GCM under a key in a file of the data folder (mode 600), so that whoever has the
// database alone has none of them.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { lock, unlock, writeFileAtomic } from "@s4t/kit/node";

const KEY_BYTES = 32;

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
    lock: (of, secret) => lock(keyOf(), of, secret),
    unlock(of, locked) {
      try {
        return unlock(keyOf(), of, locked);
      } catch {
        return undefined;
      }
    },
  };
};
