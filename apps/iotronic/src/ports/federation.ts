// Somebody else who proves who people are, by a page of theirs that the person's browser is sent to.
import type { Part } from "@s4t/kit";

/** What must come back unchanged; kept here, while the person is there. Never shown. */
export interface Kept {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** A person, in the words of whoever proved them. `issuer` and `subject` together are theirs for ever; nothing else is. */
export interface Foreigner {
  readonly issuer: string;
  readonly subject: string;
  readonly name: string | null;
  readonly mail: string | null;
  /** Whether the issuer says that the address is theirs. */
  readonly isMailVerified: boolean;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Proves people. Throws `oidc.unavailable` where it cannot be reached, `oidc.refused` for whatever is not exactly as asked. */
export interface FederationDriver extends Part {
  /** Where to send the browser. `fresh`: the person is asked anew, also where they are signed in there. */
  begin(
    redirectUri: string,
    fresh: boolean,
  ): Promise<{ readonly url: string; readonly kept: Kept }>;
  /** Whom the address proves that the browser came back by. */
  finish(callback: URL, kept: Kept): Promise<Foreigner>;
}
