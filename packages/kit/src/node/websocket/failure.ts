import { S4tError } from "@s4t/kit";

/** Which step of opening a connection failed. */
export type SocketStep = "connect" | "tls" | "pin" | "upgrade";

/** A connection that could not be opened; `details.because` is the step. */
export const socketFailure = (
  because: SocketStep,
  message: string,
  cause?: unknown,
  details: Readonly<Record<string, unknown>> = {},
) => new S4tError("socket.failed", message, { details: { because, ...details }, cause });
