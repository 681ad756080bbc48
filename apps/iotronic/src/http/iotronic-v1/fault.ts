// What went wrong, in the original's words: a status and a sentence, doubly encoded as its clients expect.
import { errorRow, errors } from "@s4t/contract";
import { isS4tError, type S4tError } from "@s4t/kit";

/** A refusal of this edge itself. Caught where the answer is written. */
export class Fault {
  readonly status: number;
  readonly sentence: string;

  constructor(status: number, sentence: string) {
    this.status = status;
    this.sentence = sentence;
  }
}

/** A parameter or body that cannot be used. */
export const invalid = (sentence: string): Fault => new Fault(400, sentence);

/** What a path and a body named, for sentences that name it back. */
export type Named = Readonly<Record<string, string | undefined>>;

const nouns: Readonly<Record<string, string>> = {
  "board.not-found": "board",
  "plugin.not-found": "plugin",
  "service.not-found": "service",
  "fleet.not-found": "fleet",
  "operation.not-found": "request",
};

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Codes whose status would mean something else to a client of the original. */
const statuses: Readonly<Record<string, number>> = {
  // A board that is away was a wrong request there; its clients send a 503 five times.
  "board.offline": 400,
  "board.never-seen": 400,
  "board.retired": 404,
  "auth.expired": 401,
  // As OpenStack says it; a 409 would be sent five times, too.
  "quota.exceeded": 403,
  "blob.named-full": 403,
  "board.sealed": 403,
  "plugin.wrong-mode": 400,
  "plugin.parameters-invalid": 400,
  "plugin.manifest-invalid": 400,
  "request.stale": 409,
};

const sentenceOf = ({ code, message }: S4tError, named: Named): string => {
  const noun = nouns[code];
  if (noun !== undefined)
    return `${capitalised(noun)} ${named[noun] ?? ""} could not be found.`.replace("  ", " ");
  if (code === "board.offline" || code === "board.never-seen")
    return `Board ${named.board ?? ""} is not connected.`;
  if (code === "plugin.not-injected") return "InjectionPlugin could not be found.";
  if (code === "service.not-exposed") return "ExposedService could not be found.";
  return message;
};

/** Status of an error of ours as the original has it: its own families, and nothing that it does not know. */
const statusOf = (error: S4tError): number => {
  const own = statuses[error.code];
  if (own !== undefined) return own;
  const { status, blame } = errorRow(error.code as keyof typeof errors);
  if ([400, 401, 403, 404, 405, 409, 413, 415].includes(status)) return status;
  if (status === 429) return 503;
  if (status === 503) return 503;
  return blame === "refused" && status < 500 && !error.code.startsWith("plugin.") ? 400 : 500;
};

/** Whether it is in the table, that is, may be told. */
export const isTold = (error: unknown): error is S4tError =>
  isS4tError(error) && error.code !== "internal" && Object.hasOwn(errors, error.code);

/** An error as this edge tells it; undefined for what is nobody's business but the log's. */
export const faultOf = (error: unknown, named: Named): Fault | undefined => {
  if (error instanceof Fault) return error;
  if (!isTold(error)) return undefined;
  return new Fault(statusOf(error), sentenceOf(error, named));
};

/** The body: JSON within JSON, because clients parse `error_message` a second time. */
export const encodeFault = ({ status, sentence }: Fault): string =>
  JSON.stringify({
    error_message: JSON.stringify({
      debuginfo: null,
      faultcode: status < 500 ? "Client" : "Server",
      faultstring: sentence,
    }),
  });
