// WAMP over JSON text frames (subprotocol wamp.2.json).
import { MAX_JSON_DEPTH, parseJson } from "@s4t/kit";
import { WampError, wampErrors } from "../error.ts";
import { encodeMessage } from "../messages/encode.ts";
import { parseMessage } from "../messages/parse.ts";
import type { Codec } from "./codec.ts";

/** The JSON serializer: depth-capped, refuses the keys through which prototypes are polluted. */
export const jsonCodec: Codec = {
  subprotocol: "wamp.2.json",
  encode: (message) => JSON.stringify(encodeMessage(message)),
  decode(frame) {
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
    return parseMessage(value);
  },
};
