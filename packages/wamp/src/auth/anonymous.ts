// Joining without proof. A realm that lists it says which role strangers get.
import type { Authenticator, Credentials } from "./authenticator.ts";

/** The router's side: everybody becomes `authrole`. */
export const anonymousAuthenticator = (authrole = "anonymous"): Authenticator => ({
  method: "anonymous",
  start: () => ({ kind: "welcome", principal: { authid: "anonymous", authrole } }),
  finish: () => ({ kind: "deny", message: "Nothing was asked." }),
});

/** The client's side. */
export const anonymousCredentials = (): Credentials => ({
  method: "anonymous",
  answer: () => ({ signature: "", extra: {} }),
});
