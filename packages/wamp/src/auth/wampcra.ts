// WAMP-CRA: the client proves a shared secret by HMAC-SHA256 over the router's challenge; salted, the secret that the router keeps
// is derived from the one that people know (WAMP: Challenge Response Authentication).
//
//   client   HELLO          authid
//   router   CHALLENGE      extra {challenge: text, salt?, iterations?, keylen?}
//   client   AUTHENTICATE   base64(HMAC-SHA256(secret, challenge))
//
// An unknown authid is challenged like a known one: who is registered here is not told to strangers. So the challenge names no role,
// and where secrets are salted a stranger gets a salt, too: always the same one.
import { Bug } from "@s4t/kit";
import { WampError, wampErrors } from "../error.ts";
import type { Dict } from "../messages/message.ts";
import type { Authenticator, Credentials, JoinRequest, Principal } from "./authenticator.ts";

/** How a secret was derived from a password (PBKDF2 with SHA-256). */
export interface Salting {
  readonly salt: string;
  readonly iterations: number;
  readonly keylen: number;
}

/** What a router knows of one that may join by this way. */
export interface CraPrincipal {
  readonly principal: Principal;
  /** The secret; of a salted one the derived key in base64, see {@link deriveCraSecret}. */
  readonly secret: string;
  readonly salting?: Salting;
}

/** A router that asks for more is not obeyed: it could keep a client busy for minutes. */
export const MAX_CRA_ITERATIONS = 10_000_000;
const MAX_KEY_BYTES = 64;

const utf8 = new TextEncoder();
const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

const sign = async (secret: string, challenge: string): Promise<string> => {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), algorithm, false, ["sign"]);
  return toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8.encode(challenge))));
};

/** How strangers are challenged where secrets are salted: as those are who are registered, or they could tell. */
export interface StrangerSalting {
  /** Of the router, and the same after a restart: a stranger's salt is drawn from it by the authid. */
  readonly secret: string;
  /** Characters of a salt, at most 44; those of the registered are base64 as well. */
  readonly saltLength: number;
  readonly iterations: number;
  readonly keylen: number;
}

const strangersSalt = async (strangers: StrangerSalting, authid: string): Promise<Salting> => {
  const { secret, saltLength, iterations, keylen } = strangers;
  return { salt: (await sign(secret, authid)).slice(0, saltLength), iterations, keylen };
};

/** The secret that a router keeps for a salted password. */
export const deriveCraSecret = async (password: string, salting: Salting): Promise<string> => {
  const { salt, iterations, keylen } = salting;
  const key = await crypto.subtle.importKey("raw", utf8.encode(password), "PBKDF2", false, [
    "deriveBits",
  ]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: utf8.encode(salt), iterations };
  return toBase64(new Uint8Array(await crypto.subtle.deriveBits(how, key, keylen * 8)));
};

/** Compares without telling by its duration where two texts differ. */
const isSame = (a: string, b: string): boolean => {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % b.length);
  return difference === 0;
};

/** What {@link craAuthenticator} needs. */
export interface CraOptions {
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
  readonly now: () => number;
  /** To be given where a secret is salted. Who is registered with one that is not can then be told from strangers. */
  readonly strangers?: StrangerSalting;
  readonly find: (
    authid: string,
    request: JoinRequest,
  ) => CraPrincipal | undefined | Promise<CraPrincipal | undefined>;
}

/** The router's side. */
export const craAuthenticator = (options: CraOptions): Authenticator => ({
  method: "wampcra",
  async start(request) {
    if (request.authid === undefined) return { kind: "deny", message: "Nobody was named." };
    const known = await options.find(request.authid, request);
    const { strangers } = options;
    if (known?.salting && !strangers) throw new Bug("a salted secret, and no salt for strangers");
    // Made for everybody: it takes its time for everybody.
    const drawn = strangers && (await strangersSalt(strangers, request.authid));
    const salting = known ? known.salting : drawn;
    const challenge = JSON.stringify({
      authid: request.authid,
      authmethod: "wampcra",
      nonce: toBase64(options.randomBytes(32)),
      timestamp: new Date(options.now()).toISOString(),
    });
    return {
      kind: "challenge",
      extra: { challenge, ...salting },
      pending: { challenge, authid: request.authid },
    };
  },
  async finish(request, pending, proof) {
    const known = await options.find(String(pending.authid), request);
    const expected = await sign(known?.secret ?? "nobody", String(pending.challenge));
    return known && isSame(proof.signature, expected)
      ? { kind: "welcome", principal: known.principal }
      : { kind: "deny", message: "The signature is not valid." };
  },
});

const saltingOf = ({ salt, iterations = 1_000, keylen = 32 }: Dict): Salting | undefined => {
  if (salt === undefined) return undefined;
  const isSane =
    typeof salt === "string" &&
    typeof iterations === "number" &&
    iterations >= 1 &&
    iterations <= MAX_CRA_ITERATIONS &&
    typeof keylen === "number" &&
    keylen >= 16 &&
    keylen <= MAX_KEY_BYTES;
  if (!isSane)
    throw new WampError(wampErrors.authenticationFailed, "The salting is not acceptable.");
  return { salt, iterations, keylen };
};

/** The client's side. */
export const craCredentials = (options: {
  readonly authid: string;
  readonly secret: string;
}): Credentials => ({
  method: "wampcra",
  authid: options.authid,
  async answer(extra) {
    if (typeof extra.challenge !== "string")
      throw new WampError(wampErrors.authenticationFailed, "The challenge is not acceptable.");
    const salting = saltingOf(extra);
    const secret = salting ? await deriveCraSecret(options.secret, salting) : options.secret;
    return { signature: await sign(secret, extra.challenge), extra: {} };
  },
});
