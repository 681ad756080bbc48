// Values of messages that are kept beyond their turn.
import type { Payload } from "./message.ts";

/** What `value` takes in memory, in bytes, roughly. */
export const roughBytes = (value: unknown): number => {
  if (typeof value === "string") return 2 * value.length;
  if (value instanceof Uint8Array) return 16 + value.length;
  let bytes = 16;
  if (Array.isArray(value)) for (const one of value) bytes += roughBytes(one);
  else if (typeof value === "object" && value !== null)
    for (const [key, one] of Object.entries(value)) bytes += 2 * key.length + roughBytes(one);
  return bytes;
};

/** Whether lists and dictionaries in `value`, itself among them, lie no more than `most` deep. */
export const isNoDeeperThan = (most: number, value: unknown): boolean => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return true;
  return most > 0 && Object.values(value).every((one) => isNoDeeperThan(most - 1, one));
};

/** The same text on its own: a URI that was cut out of a message may be a view, which holds all of the message alive. */
export const ownText = (text: string): string => JSON.parse(JSON.stringify(text)) as string;

const ownCopy = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(ownCopy);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, ownCopy(one)]));
};

/** The same values on their own, which hold no message alive. */
export const ownPayload = ({ args, kwargs }: Payload): Payload => ({
  args: ownCopy(args) as Payload["args"],
  kwargs: ownCopy(kwargs) as Payload["kwargs"],
});
