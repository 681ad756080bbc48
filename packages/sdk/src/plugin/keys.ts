// Ed25519 by the platform's own cryptography, so that a browser signs and checks as a command line does. Keys and signatures are
// raw bytes in hex, as the contract says them.
import {
  type Granted,
  type PluginSignature,
  type StreamGrant,
  signedGrantText,
  signedKeyText,
  signedVersionText,
} from "@s4t/contract";
import { canonicalJson } from "@s4t/kit";

/** An owner's key: both halves raw, hex. The private one is for its owner's eyes. */
export interface OwnerKey {
  readonly publicKey: string;
  readonly privateKey: string;
}

const algorithm = "Ed25519";

const toBytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Bytes as lower-case hex. */
export const hexOf = (bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

const base64url = (hex: string): string =>
  btoa(String.fromCharCode(...toBytes(hex)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const rawOf = (part = ""): string =>
  hexOf(
    Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)),
  );

/** Makes a key. */
export const createOwnerKey = async (): Promise<OwnerKey> => {
  const pair = (await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const { x, d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { publicKey: rawOf(x), privateKey: rawOf(d) };
};

const sign = async ({ publicKey, privateKey }: OwnerKey, text: string): Promise<string> => {
  const jwk = { kty: "OKP", crv: algorithm, x: base64url(publicKey), d: base64url(privateKey) };
  const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
  return hexOf(await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(text)));
};

const verify = async (publicKey: string, signature: string, text: string): Promise<boolean> => {
  try {
    const key = await crypto.subtle.importKey("raw", toBytes(publicKey), algorithm, false, [
      "verify",
    ]);
    const bytes = new TextEncoder().encode(text);
    return await crypto.subtle.verify(algorithm, key, toBytes(signature), bytes);
  } catch {
    return false; // no point of the curve: nothing that it signed
  }
};

/**
 * Signs a version for its owner.
 *
 * @example
 * const { version } = await packPlugin(files, { name: "hello", runtime: "node", mode: "sync", entry: "hello.mjs" });
 * const signature = await signVersion(version, key);
 */
export const signVersion = async (version: string, key: OwnerKey): Promise<PluginSignature> => ({
  key: key.publicKey,
  signature: await sign(key, signedVersionText(version)),
});

/** Whether a signature of a version is good. Whose key that is, is another question. */
export const verifyVersion = (version: string, { key, signature }: PluginSignature) =>
  verify(key, signature, signedVersionText(version));

/** What a new key says of itself when a project is handed over to it: whoever names a key must hold it. */
export const proveKey = (key: OwnerKey): Promise<string> =>
  sign(key, signedKeyText(key.publicKey, true));

/** What an owner's key says of the one that comes after it. */
export const nameSuccessor = (next: string, key: OwnerKey): Promise<string> =>
  sign(key, signedKeyText(next, true));

/** SHA-256 of the canonical JSON (RFC 8785) of a value, hex. */
export const hashOfJson = async (value: object): Promise<string> =>
  hexOf(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonicalJson(value))));

/** The owner's word for one stream, with just these arguments, to one board of a sealed project. */
export const signGrant = async (
  { args, ...asked }: Omit<Granted, "argsSha256"> & { readonly args: object },
  key: OwnerKey,
): Promise<StreamGrant> => ({
  challenge: asked.challenge,
  signature: await sign(key, signedGrantText({ ...asked, argsSha256: await hashOfJson(args) })),
});
