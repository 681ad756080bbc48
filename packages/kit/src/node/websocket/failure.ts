import { isS4tError, S4tError } from "@s4t/kit";

/** Which step of opening a connection failed. */
export type SocketStep = "connect" | "tls" | "pin" | "upgrade";

/** A connection that could not be opened; `details.because` is the step. */
export const socketFailure = (
  because: SocketStep,
  message: string,
  cause?: unknown,
  details: Readonly<Record<string, unknown>> = {},
) => new S4tError("socket.failed", message, { details: { because, ...details }, cause });

/** Whether it is this step that failed. */
export const isFailureOf = (error: unknown, step: SocketStep): boolean =>
  isS4tError(error, "socket.failed") &&
  (error.details as { readonly because?: unknown } | undefined)?.because === step;
