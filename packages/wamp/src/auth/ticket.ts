// Ticket authentication: a secret shown once, over a channel that hides it (TLS, or loopback).
import type { Authenticator, Credentials, JoinRequest, Principal } from "./authenticator.ts";

/** The router's side. `redeem` looks the ticket up and returns who holds it; it also makes single-use tickets single-use. */
export const ticketAuthenticator = (
  redeem: (
    ticket: string,
    request: JoinRequest,
  ) => Principal | undefined | Promise<Principal | undefined>,
): Authenticator => ({
  method: "ticket",
  start: () => ({ kind: "challenge", extra: {}, pending: {} }),
  async finish(request, _pending, proof) {
    const principal = await redeem(proof.signature, request);
    return principal
      ? { kind: "welcome", principal }
      : { kind: "deny", message: "The ticket is not valid." };
  },
});

/** The client's side. */
export const ticketCredentials = (options: {
  readonly authid: string;
  readonly ticket: string;
}): Credentials => ({
  method: "ticket",
  authid: options.authid,
  answer: () => ({ signature: options.ticket, extra: {} }),
});
