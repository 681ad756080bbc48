// Codes of a second factor: TOTP (RFC 6238) over HMAC-SHA-1, six digits, thirty seconds, as every authenticator app has it.
import { createHmac } from "node:crypto";

/** Seconds that one code is of (RFC 6238, section 5.2). */
export const TOTP_STEP_S = 30;
/** Digits of a code. */
const DIGITS = 6;
/** Steps before and after the present one whose codes count: clocks differ, and people type slowly. */
export const MAX_TOTP_DRIFT_STEPS = 1;
/** Bytes of a secret: as long as the hash, which RFC 4226 (section 4, R6) asks for. */
export const TOTP_SECRET_BYTES = 20;

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Base 32 without padding (RFC 4648, section 6), as authenticator apps take a secret. */
export const toBase32 = (bytes: Uint8Array): string => {
  let text = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(held >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + alphabet[(held << (5 - bits)) & 31];
};

/** The code of one step (RFC 4226, section 5.3). */
export const codeAt = (secret: Uint8Array, step: number): string => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  const number = mac.readUInt32BE(at) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, "0");
};

export const stepOf = (nowMs: number): number => Math.floor(nowMs / (TOTP_STEP_S * 1_000));

/** Step that a code is of, among those that count now; undefined: of none. */
export const stepOfCode = (secret: Uint8Array, code: string, nowMs: number): number | undefined => {
  const now = stepOf(nowMs);
  let found: number | undefined;
  // All of them, whichever fits: how long it takes tells nothing.
  for (let drift = -MAX_TOTP_DRIFT_STEPS; drift <= MAX_TOTP_DRIFT_STEPS; drift += 1)
    if (codeAt(secret, now + drift) === code) found = now + drift;
  return found;
};

/** What an authenticator app reads out of a picture (Key URI Format). */
export const totpUri = (issuer: string, name: string, secret: string): string => {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(name)}`;
  const about = new URLSearchParams({
    ...{ secret, issuer, algorithm: "SHA1", digits: String(DIGITS), period: String(TOTP_STEP_S) },
  });
  // Apps read %20 and not +.
  return `otpauth://totp/${label}?${about.toString().replaceAll("+", "%20")}`;
};
