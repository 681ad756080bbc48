// Who this board is: a key that it makes itself and that never leaves it, and what enrolment told it.
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { check, fail } from "@s4t/contract";
import * as Type from "typebox";
import type { Storage } from "./storage.ts";

const keyFile = "board.key";
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

/** Loads the key, making it at the first call. */
export const openKey = (storage: Storage): BoardKey => {
  const known = storage.read(keyFile);
  if (known !== undefined) return keyOf(known);
  const pem = generateKeyPairSync("ed25519")
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
  storage.write(keyFile, pem);
  return keyOf(pem);
};

/**
 * Looks whether key and identity can be read. Where one cannot, both are set aside as `*.damaged`: the board enrols again, which
 * is also what whoever keeps the agent then sees to. Answers what was damaged.
 */
export const setDamagedIdentityAside = (storage: Storage): string | undefined => {
  const isReadable: Readonly<Record<string, (text: string) => unknown>> = {
    [keyFile]: keyOf,
    [identityFile]: (text) => check(IdentityFile, JSON.parse(text), identityFile),
  };
  const damaged = Object.entries(isReadable).find(([name, parse]) => {
    const text = storage.read(name);
    try {
      if (text !== undefined) parse(text);
      return false;
    } catch {
      return true;
    }
  })?.[0];
  if (damaged === undefined) return undefined;
  for (const name of [identityFile, keyFile]) {
    const text = storage.read(name);
    if (text !== undefined) storage.write(`${name}.damaged`, text);
    storage.remove(name);
  }
  return damaged;
};

/** Throws away a key whose enrolment is replaced by another one. */
export const forgetIdentity = (storage: Storage): void => {
  storage.remove(identityFile);
  storage.remove(keyFile);
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
