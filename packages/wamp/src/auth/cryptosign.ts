// Cryptosign: the client signs 32 random bytes with its Ed25519 key, XORed with the id of the TLS channel where one is bound,
// so that a man in the middle cannot carry a signature from one channel to another.
//
//   client   HELLO          authextra {pubkey: hex 32, channel_binding: "tls-exporter" | null}
//   router   CHALLENGE      extra {challenge: hex 32, channel_binding}
//   client   AUTHENTICATE   hex 64 signature ‖ hex 32 signed bytes
//
// The binding is RFC 9266 `tls-exporter`; the WAMP text names the older `tls-unique`, which TLS 1.3 no longer has.
import { WampError, wampErrors } from "../error.ts";
import { decodeHex, encodeHex } from "../hex.ts";
import type { Authenticator, Credentials, JoinRequest, Principal } from "./authenticator.ts";

/** The one channel binding that is spoken here. */
export const CHANNEL_BINDING = "tls-exporter";

const CHALLENGE_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;

/** Signs with a key that the signer holds. */
export type Sign = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** Checks an Ed25519 signature; false for a wrong one. */
export type Verify = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>;

/** What {@link cryptosignAuthenticator} needs. */
export interface CryptosignOptions {
  readonly verify: Verify;
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
  /** Who has this key (lower-case hex); undefined: nobody. Asked before the challenge and again after the proof. */
  readonly findPrincipal: (
    publicKey: string,
    request: JoinRequest,
  ) => Principal | undefined | Promise<Principal | undefined>;
  /** `required`: a client on TLS that does not bind is refused. Default `offered`: bound when the client asks and TLS ends here. */
  readonly channelBinding?: "offered" | "required";
}

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  Uint8Array.from(a, (byte, i) => byte ^ (b[i] ?? 0));

/** The router's side. */
export const cryptosignAuthenticator = (options: CryptosignOptions): Authenticator => ({
  method: "cryptosign",
  async start(request) {
    const key = decodeHex(request.authextra.pubkey, KEY_BYTES);
    if (!key) return { kind: "deny", message: "The public key is not 32 bytes of hex." };
    const pubkey = encodeHex(key);
    const asked = request.authextra.channel_binding === CHANNEL_BINDING;
    const channelId = request.connection.channelId?.();
    if (asked && !channelId)
      return { kind: "deny", message: "This connection has no TLS channel to bind to." };
    if (!asked && channelId && options.channelBinding === "required")
      return { kind: "deny", message: "The signature must be bound to the TLS channel." };
    if (!(await options.findPrincipal(pubkey, request)))
      return { kind: "deny", message: "The key is not known here." };
    const challenge = encodeHex(options.randomBytes(CHALLENGE_BYTES));
    const binding = asked ? CHANNEL_BINDING : null;
    return {
      kind: "challenge",
      extra: { challenge, channel_binding: binding },
      pending: { pubkey, challenge, binding },
    };
  },
  async finish(request, pending, proof) {
    const denied = { kind: "deny", message: "The signature is not valid." } as const;
    const pubkey = String(pending.pubkey);
    const key = decodeHex(pubkey, KEY_BYTES);
    const challenge = decodeHex(pending.challenge, CHALLENGE_BYTES);
    const signed = decodeHex(proof.signature, SIGNATURE_BYTES + CHALLENGE_BYTES);
    const channelId = pending.binding ? request.connection.channelId?.() : undefined;
    if (!key || !challenge || !signed || (pending.binding && !channelId)) return denied;
    const expected = channelId ? xor(challenge, channelId) : challenge;
    if (encodeHex(signed.subarray(SIGNATURE_BYTES)) !== encodeHex(expected)) return denied;
    if (!(await options.verify(key, expected, signed.subarray(0, SIGNATURE_BYTES)))) return denied;
    // Asked again: the key may have been withdrawn between the challenge and the answer.
    const principal = await options.findPrincipal(pubkey, request);
    return principal ? { kind: "welcome", principal } : denied;
  },
});

/** What {@link cryptosignCredentials} needs. */
export interface CryptosignCredentials {
  readonly authid?: string;
  /** Hex of 32 bytes. */
  readonly publicKey: string;
  readonly sign: Sign;
  /** The TLS channel's id (RFC 9266); given, the signature is bound to it. */
  readonly channelId?: Uint8Array | undefined;
}

/** The client's side. */
export const cryptosignCredentials = (options: CryptosignCredentials): Credentials => ({
  method: "cryptosign",
  ...(options.authid === undefined ? {} : { authid: options.authid }),
  authextra: {
    pubkey: options.publicKey,
    channel_binding: options.channelId ? CHANNEL_BINDING : null,
  },
  async answer(extra) {
    const challenge = decodeHex(extra.challenge, CHALLENGE_BYTES);
    // A router that drops the binding that was asked for may be somebody in between.
    const expectedBinding = options.channelId ? CHANNEL_BINDING : null;
    if (!challenge || (extra.channel_binding ?? null) !== expectedBinding)
      throw new WampError(wampErrors.authenticationFailed, "The challenge is not acceptable.");
    const message = options.channelId ? xor(challenge, options.channelId) : challenge;
    const signature = await options.sign(message);
    return { signature: encodeHex(signature) + encodeHex(message), extra: {} };
  },
});
