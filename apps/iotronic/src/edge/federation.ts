// What the edge asks of whoever signs people in by somebody else's page.
import type { SignedIn } from "@s4t/contract";

/** From where somebody went away, and where they go afterwards. */
export interface Came {
  /** A way within the portal. */
  readonly next: string;
  /** A command line that waits on this machine's loopback (RFC 8252), with the hash of what only it knows; null: a browser. */
  readonly loopback: { readonly port: number; readonly challenge: string } | null;
}

export interface Asker {
  readonly address: string | null;
  readonly agent: string | null;
}

export interface FederatedSignIn {
  providers(): readonly { readonly name: string; readonly title: string }[];
  /** Origin that browsers come back to. */
  origin(): string;
  /** Where to send the browser, and what it must bring back in a cookie. Throws `oidc.not-found`, `oidc.unavailable`. */
  begin(provider: string, came: Came): Promise<{ readonly url: string; readonly ticket: string }>;
  /** `query`: of the address that the browser came back by. Throws `oidc.refused`, `oidc.nobody`, `oidc.unavailable`. */
  finish(
    provider: string,
    ticket: string | undefined,
    query: string,
    asker: Asker,
  ): Promise<{ readonly token: string | null; readonly next: string }>;
  /** Signs a command line in by what it got on loopback. Throws `auth.link-invalid`. */
  exchange(
    body: { readonly code: string; readonly verifier: string },
    asker: Asker,
  ): Promise<SignedIn>;
}
