import { S4tError } from "@s4t/kit";
import type { EndReason } from "./frames.ts";

/** A stream that could not be opened: `code` is the peer's where it refused, else `tunnel.` and why it ended. */
export class TunnelError extends S4tError {}

export const refusedWith = (code: string, sentence: string): TunnelError =>
  new TunnelError(code, sentence);

export const endedWith = (reason: EndReason): TunnelError =>
  new TunnelError(`tunnel.${reason}`, `The tunnel has ended: ${reason}.`);
