// The enrolment string: everything a board needs to find its cloud and to know that it is the right one. One line, pasteable,
// fits a QR code: `s4t1:` + base64url(JSON [url, code, caFingerprint]).
import { fail } from "./errors/index.ts";

export interface EnrolmentString {
  /** `http://127.0.0.1:8812` or `https://host:8812`, without a path. */
  readonly url: string;
  /** 128 bits, base64url; single use. */
  readonly code: string;
  /** SHA-256 of the CA's public key (SubjectPublicKeyInfo, DER), hex; null where the link is plain loopback. */
  readonly ca: string | null;
}

const prefix = "s4t1:";
const toBase64Url = (text: string) =>
  btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const fromBase64Url = (text: string) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));

/** Writes an enrolment string. URLs are ASCII by construction. */
export const encodeEnrolment = ({ url, code, ca }: EnrolmentString): string =>
  prefix + toBase64Url(JSON.stringify([url, code, ca]));

/** Reads an enrolment string; throws `agent.enrolment-string`. */
export const parseEnrolment = (text: string): EnrolmentString => {
  const bad = (because: string, cause?: unknown) =>
    fail("agent.enrolment-string", { because }, cause);
  if (!text.startsWith(prefix)) throw bad(`it does not begin with ${prefix}`);
  let parts: unknown;
  try {
    parts = JSON.parse(fromBase64Url(text.slice(prefix.length).trim()));
  } catch (cause) {
    throw bad("it is damaged; copy it whole", cause);
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw bad("it is damaged; copy it whole");
  const [url, code, ca] = parts as unknown[];
  if (typeof url !== "string" || !/^https?:\/\/[^/\s]+$/.test(url))
    throw bad("its address is not one");
  if (typeof code !== "string" || !/^[A-Za-z0-9_-]{22,64}$/.test(code))
    throw bad("its code is not one");
  if (ca !== null && !(typeof ca === "string" && /^[0-9a-f]{64}$/.test(ca)))
    throw bad("its CA fingerprint is not one");
  if (url.startsWith("https:") && ca === null) throw bad("it names no CA for a TLS address");
  return { url, code, ca };
};
