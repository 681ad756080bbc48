// WAMP over JSON text frames (subprotocol wamp.2.json).
import { MAX_JSON_DEPTH, parseJson } from "@s4t/kit";
import { WampError, wampErrors } from "../error.ts";
import { encodeHead } from "../messages/encode.ts";
import type { Dict, Message, Payload } from "../messages/message.ts";
import { parseMessage } from "../messages/parse.ts";
import { noDetails } from "../messages/payload.ts";
import type { Codec } from "./codec.ts";
import { mayHaveBytes, stringifyArguments, withBytes } from "./json-bytes.ts";
import { jsonTailOf, readJsonHead } from "./json-head.ts";

const dict = (details: Dict): string => (details === noDetails ? "{}" : JSON.stringify(details));

/** The arguments and the end of a message; as they came where they came as JSON. */
const tail = ({ args, kwargs, source }: Payload): string => {
  if (source !== undefined) return jsonTailOf(source) ?? tail(source.open());
  if (kwargs !== undefined)
    return `,${stringifyArguments(args ?? [])},${stringifyArguments(kwargs)}]`;
  return args === undefined ? "]" : `,${stringifyArguments(args)}]`;
};

/** A message up to its arguments. */
const headOf = (message: Message): string => {
  switch (message.kind) {
    case "invocation":
      return `[68,${message.request},${message.registration},${dict(message.details)}`;
    case "result":
      return `[50,${message.request},${dict(message.details)}`;
    case "event":
      return `[36,${message.subscription},${message.publication},${dict(message.details)}`;
    case "published":
      return `[17,${message.request},${message.publication}`;
    default:
      return JSON.stringify(encodeHead(message)).slice(0, -1);
  }
};

const encode = (message: Message): string => headOf(message) + tail(message as Payload);

/** From this length on, copying arguments costs more than writing them apart from their head. */
const SPLIT_FROM_LENGTH = 8 * 1024;

const split: Codec["split"] = (message) => {
  // An event goes to many: joined once, it is copied once.
  if (message.kind === "event") return undefined;
  const { source } = message as Payload;
  const end = source && jsonTailOf(source);
  if (end === undefined || end.length < SPLIT_FROM_LENGTH) return undefined;
  return [headOf(message), end];
};

/** The event that was encoded last, and its text: one event goes to all who follow a topic, one after the other. */
const last: { event: Message | undefined; text: string } = { event: undefined, text: "" };

const encodeEvent = (event: Message): string => {
  if (last.event !== event) {
    last.event = event;
    last.text = encode(event);
  }
  return last.text;
};

/** The id 2^53 + 1, which a double takes for the greatest id; ids are the first or second member behind the code. */
const beyondIds = /^\s*\[\s*\d+\s*,\s*(?:\d+\s*,\s*)?9007199254740993\s*[,\]]/;

const decodeJson: Codec["decode"] = (frame) => {
  if (typeof frame !== "string")
    throw new WampError(wampErrors.protocolViolation, "Binary frame on a text serializer.");
  let value: unknown;
  try {
    value = parseJson(frame, MAX_JSON_DEPTH);
  } catch (cause) {
    throw new WampError(wampErrors.protocolViolation, "The frame is not acceptable JSON.", {
      cause,
    });
  }
  if (frame.lastIndexOf("9007199254740993", 64) !== -1 && beyondIds.test(frame))
    throw new WampError(wampErrors.protocolViolation, "An id is greater than 2^53.");
  const message = parseMessage(value);
  if ("args" in message && mayHaveBytes(frame)) return { ...message, ...withBytes(message) };
  return message;
};

/** The JSON serializer: depth-capped, refuses the keys through which prototypes are polluted. */
export const jsonCodec: Codec = {
  subprotocol: "wamp.2.json",
  encode: (message) => (message.kind === "event" ? encodeEvent(message) : encode(message)),
  split,
  decode: decodeJson,
  read: (frame) =>
    (typeof frame === "string" ? readJsonHead(frame) : undefined) ?? decodeJson(frame),
};
