// Errors as the command line needs them: the contract's table says which exit code each has.
import { exitCodeOf } from "@s4t/sdk";

export { exitCodeOf };

/** An error with a code, from whichever copy of the class it came. */
export interface CodedError {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}

export const isS4tErrorLike = (error: unknown): error is CodedError =>
  typeof error === "object" &&
  error !== null &&
  "code" in error &&
  "message" in error &&
  "name" in error &&
  error.name === "S4tError";
