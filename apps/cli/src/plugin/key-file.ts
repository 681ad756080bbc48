// An owner's key on the owner's machine: a file that nobody else may read. It is never sent anywhere.
import { open, readFile, stat } from "node:fs/promises";
import { createOwnerKey, fail, type OwnerKey } from "@s4t/sdk";
import { parseJsonObject } from "./json-argument.ts";

const unusable = (file: string, because: string) => fail("file.unusable", { file, because });

/** Reads a key. Throws `file.unusable` for a file that is none, or that others may read. */
export const readKeyFile = async (file: string): Promise<OwnerKey> => {
  if (((await stat(file)).mode & 0o077) !== 0)
    throw unusable(file, "others may read it: chmod 600 it first");
  const { publicKey, privateKey } = parseJsonObject(await readFile(file, "utf8"), file);
  const isHex = (value: unknown): value is string =>
    typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
  if (!isHex(publicKey) || !isHex(privateKey)) throw unusable(file, "it holds no key");
  return { publicKey, privateKey };
};

/** Makes a key and its file, durably; one that is there already is never written over. */
export const createKeyFile = async (file: string): Promise<OwnerKey> => {
  const key = await createOwnerKey();
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify({ format: 1, ...key }, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return key;
};

/** The key of a file, made where there is none: a seal that was interrupted goes on with the same key. */
export const openKeyFile = async (file: string): Promise<OwnerKey> => {
  try {
    return await readKeyFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return createKeyFile(file);
  }
};
