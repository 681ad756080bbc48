// A call whose arguments come in parts (WAMP: Progressive Call Invocations): CALLs of one request id, each but the last one saying
// `progress`, go to one callee as INVOCATIONs of one id. What the first one asked for holds for all.
import type { Call, Dict } from "../messages/message.ts";
import { noDetails } from "../messages/payload.ts";
import { ownText } from "../messages/values.ts";
import type { Violation } from "./member.ts";

/**
 * Bytes that may wait for a callee when the next part for it comes; with more the call ends (`wamp.error.unavailable`). A quarter of
 * what may wait for anybody: a caller that sends faster than its callee reads loses its call, and not the callee its connection.
 */
export const MAX_WAITING_FOR_PARTS = 1024 * 1024;

/** How far such a call has come. */
export interface CallParts {
  readonly procedure: string;
  readonly registration: number;
  /** Details of the last INVOCATION, and of those before it. */
  readonly lastDetails: Dict;
  readonly details: Dict;
  /** The last part has come. */
  isWhole: boolean;
}

const inProgress: Dict = Object.freeze({ progress: true });

/** Begins with a CALL that says `progress`; `details` are what its INVOCATION tells besides. */
export const openParts = ({ procedure }: Call, registration: number, details: Dict): CallParts => {
  const own = ownText(procedure);
  const lastDetails = details.procedure === undefined ? details : { ...details, procedure: own };
  return {
    ...{ procedure: own, registration, lastDetails, isWhole: false },
    details: details === noDetails ? inProgress : { ...lastDetails, progress: true },
  };
};

/** Takes the next CALL of it in; says what is wrong with it. */
export const takePart = (parts: CallParts, { request, procedure, options }: Call): Violation => {
  if (parts.isWhole) return `CALL ${request} has had its last part.`;
  if (procedure !== parts.procedure) return `CALL ${request} goes on with another procedure.`;
  parts.isWhole = options.progress !== true;
  return undefined;
};
