// Bytes in JSON (WAMP: Binary conversion of JSON strings): a text that begins with U+0000 is base64 of bytes. Only arguments may have
// such; the walk is taken only where there is something to find.
import type { Payload } from "../messages/message.ts";

const MARK = "\u0000";

const hasBytes = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Uint8Array) return true;
  return Array.isArray(value) ? value.some(hasBytes) : Object.values(value).some(hasBytes);
};

const mapped = (value: unknown, leaf: (one: unknown) => unknown): unknown => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array)
    return leaf(value);
  if (Array.isArray(value)) return value.map((one) => mapped(one, leaf));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one, leaf)]));
};

const toBase64 = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};

/** Base64 as bytes; a text that is none stays what it is. */
const fromText = (text: string): unknown => {
  try {
    return Uint8Array.from(atob(text.slice(1)), (c) => c.charCodeAt(0));
  } catch {
    return text;
  }
};

/** `JSON.stringify` of arguments, with bytes among them. */
export const stringifyArguments = (value: unknown): string =>
  JSON.stringify(
    hasBytes(value)
      ? mapped(value, (one) => (one instanceof Uint8Array ? MARK + toBase64(one) : one))
      : value,
  );

/** Whether bytes may be among the values of a JSON text. */
export const mayHaveBytes = (text: string): boolean => text.includes("\\u0000");

/** Arguments with their bytes as such. */
export const withBytes = ({ args, kwargs }: Payload): Payload => {
  const leaf = (one: unknown) =>
    typeof one === "string" && one.startsWith(MARK) ? fromText(one) : one;
  return {
    args: args && (mapped(args, leaf) as readonly unknown[]),
    ...(kwargs ? { kwargs: mapped(kwargs, leaf) as Readonly<Record<string, unknown>> } : {}),
  };
};
