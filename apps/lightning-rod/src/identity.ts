// Who this board is: a key that it makes itself and that never leaves it, and what enrolment told it.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { check, fail } from "@s4t/contract";
import * as Type from "typebox";
import type { Storage } from "./storage.ts";

const keyFile = "board.key";
const nextKeyFile = "board.key.next";
const identityFile = "identity.json";

const IdentityFile = Type.Object({
  url: Type.String(),
  board: Type.String(),
  name: Type.String(),
  ca: Type.Union([Type.String(), Type.Null()]),
});

/** What is known once the board is enrolled. */
export interface BoardIdentity {
  readonly url: string;
  /** Board uuid. */
  readonly board: string;
  readonly name: string;
  /** PEM of the only authorities that are trusted; null where the link is plain loopback. */
  readonly ca: string | null;
}

/** The board's key: raw halves in hex. */
export interface BoardKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

const rawHex = (jwkPart: string | undefined): string =>
  Buffer.from(jwkPart ?? "", "base64url").toString("hex");

const keyOf = (pem: string): BoardKey => ({
  privateKey: rawHex(createPrivateKey(pem).export({ format: "jwk" }).d),
  publicKey: rawHex(createPublicKey(pem).export({ format: "jwk" }).x),
});

/** Name of the file that cannot be read, of key and identity; undefined where both can or are not there. */
export const findDamaged = (storage: Storage): string | undefined => {
  const isReadable: Readonly<Record<string, (text: string) => unknown>> = {
    [keyFile]: keyOf,
    [identityFile]: (text) => check(IdentityFile, JSON.parse(text), identityFile),
  };
  return Object.entries(isReadable).find(([name, parse]) => {
    const text = storage.read(name);
    try {
      if (text !== undefined) parse(text);
      return false;
    } catch {
      return true;
    }
  })?.[0];
};

/**
 * Sets key and identity aside as `*.damaged` where one cannot be read: the board enrols again, which is also what whoever keeps
 * the agent then sees to. Answers what was damaged.
 */
export const setDamagedIdentityAside = (storage: Storage): string | undefined => {
  const damaged = findDamaged(storage);
  if (damaged === undefined) return undefined;
  for (const name of [identityFile, keyFile]) {
    const text = storage.read(name);
    if (text !== undefined) storage.write(`${name}.damaged`, text);
    storage.remove(name);
  }
  return damaged;
};

const keyIn = (storage: Storage, file: string): BoardKey => {
  const known = storage.read(file);
  if (known !== undefined) return keyOf(known);
  const pem = generateKeyPairSync("ed25519")
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  storage.write(file, pem);
  return keyOf(pem);
};

/** The key of an enrolled board, where there is one. */
export const findKey = (storage: Storage): BoardKey | undefined => {
  const pem = storage.read(keyFile);
  return pem === undefined ? undefined : keyOf(pem);
};

/** The key of an enrolled board. */
export const openKey = (storage: Storage): BoardKey => keyIn(storage, keyFile);

/**
 * The key that an enrolment is tried with. It is on the disk before the cloud hears of it, and the same at the next try: a
 * power cut between the cloud's yes and our note of it costs nothing.
 */
export const openNextKey = (storage: Storage): BoardKey => keyIn(storage, nextKeyFile);

/** The enrolment worked: its key is the board's from now on. */
export const adopt = (storage: Storage, identity: BoardIdentity): void => {
  const pem = storage.read(nextKeyFile);
  if (pem !== undefined) storage.write(keyFile, pem);
  writeIdentity(storage, identity);
  storage.remove(nextKeyFile);
};

export const readIdentity = (storage: Storage): BoardIdentity | undefined => {
  const text = storage.read(identityFile);
  if (text === undefined) return undefined;
  try {
    return check(IdentityFile, JSON.parse(text), identityFile);
  } catch (cause) {
    throw fail("agent.not-enrolled", undefined, cause);
  }
};

export const writeIdentity = (storage: Storage, identity: BoardIdentity): void =>
  storage.write(identityFile, JSON.stringify(identity, null, 2));
