import { hash, randomBytes } from "node:crypto";
import { canonicalJson } from "@s4t/kit";

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Hex = (content: string | Uint8Array): string => hash("sha256", content, "hex");

/** SHA-256 of the canonical JSON (RFC 8785) of a value, in hex: the content hash used by target entries and the audit log. */
export const hashOf = (value: unknown): string => sha256Hex(canonicalJson(value));

/** `bytes` random bytes as base64url without padding: for tokens, codes, salts. */
export const randomToken = (bytes: number): string => randomBytes(bytes).toString("base64url");
