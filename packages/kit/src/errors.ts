// The one error class of the house. What codes exist, and what each means on REST, WAMP and the command line, is a table in
// `@s4t/contract`; this class only carries a code and two messages, so that it can live under everything.

/** What an error may carry besides its code and sentence. */
export interface ErrorOptions<Details> {
  /** Facts for the reader, safe to show. Their shape belongs to the code (see the error table). */
  readonly details?: Details;
  /** The reason, for the log only: it never leaves the process. */
  readonly cause?: unknown;
}

/**
 * An error with a code. `message` may be shown to anyone; the reason is in `cause` and stays in the process.
 *
 * @example
 * throw new S4tError("board.offline", "The board is offline.", { cause: socketError });
 */
export class S4tError<Code extends string = string, Details = unknown> extends Error {
  override readonly name = "S4tError";
  readonly code: Code;
  readonly details: Details | undefined;

  constructor(code: Code, message: string, options: ErrorOptions<Details> = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }
}

/** Whether `error` is an {@link S4tError}, of the given code where one is given. */
export const isS4tError = <Code extends string>(
  error: unknown,
  code?: Code,
): error is S4tError<Code> =>
  error instanceof S4tError && (code === undefined || error.code === code);

/** A fault of ours: something that cannot be, unless the program is wrong. Shown to nobody, logged with a short id. */
export class Bug extends S4tError<"internal"> {
  constructor(what: string, cause?: unknown) {
    super("internal", "Something went wrong on our side.", { cause: cause ?? what });
    this.stack = `Bug: ${what}\n${this.stack ?? ""}`;
  }
}

/** Marks a branch that the types say cannot be reached. */
export const unreachable = (value: never): never => {
  throw new Bug(`unreachable: ${JSON.stringify(value)}`);
};
