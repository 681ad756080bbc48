// What a message carries for the application, as it came or as values. A router forwards most of it without ever looking.
import type { Dict, Payload, PayloadSource } from "./message.ts";

/** A dictionary with nothing in it: one for all, so that serializers know it by sight. */
export const noDetails: Dict = Object.freeze({});

/** The payload of a message to be handed on as it is: not looked at if nobody did so yet. */
export const forwarded = ({ args, kwargs, source }: Payload): Payload =>
  source ? { source } : { args, kwargs };

/** The payload as values. */
export const opened = (payload: Payload): Payload =>
  payload.source ? payload.source.open() : payload;

/** The same message with its payload as values, for whoever wants to read it. */
export const withOpenPayload = <M extends object>(message: M): M => {
  if (!("source" in message) || message.source === undefined) return message;
  const { source, ...head } = message as M & { readonly source: PayloadSource };
  return { ...head, ...source.open() } as unknown as M;
};
