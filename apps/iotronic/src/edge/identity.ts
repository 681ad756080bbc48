// What the Identity API asks of whoever knows people, projects and tokens. Stated here, so that the edge knows no module and the
// module no edge; `/identity/v3` is the translation of these words into OpenStack's.
import type { BodyOf, Credential, ProjectId, Role, rest } from "@s4t/contract";
import type { Actor } from "../policy/index.ts";
import type { Called } from "../ports/identity.ts";
import type { PageQuery } from "./page.ts";

export type { Called };

/** How somebody proves who they are. */
export type Proof =
  | {
      readonly method: "password";
      readonly user: Called;
      readonly password: string;
      /** Of their second factor, and whose it is where that is said anew. */
      readonly code?: string | undefined;
      readonly codeOf?: Called;
    }
  | {
      readonly method: "credential";
      readonly credential: Called;
      /** Whose it is, where it is named and not told by its id. */
      readonly owner: Called | undefined;
      readonly secret: string;
    }
  | { readonly method: "link"; readonly code: string };

/** What a token shall be good for. `same`: nothing was said, so a credential's project, the scope of the token shown, or none. */
export type WantedScope =
  | { readonly kind: "same" }
  | { readonly kind: "none" }
  | { readonly kind: "project"; readonly project: Called }
  | { readonly kind: "domain" }
  | { readonly kind: "system" };

/** A token as it stands now, without its secret. */
export interface TokenShown {
  readonly uuid: string;
  /** The token that it was made of. */
  readonly parent: string | null;
  /** How it was proved: `password`, `totp`, `application_credential`, `token`. */
  readonly methods: readonly string[];
  readonly user: { readonly uuid: string; readonly name: string };
  readonly scope:
    | { readonly kind: "none" | "domain" | "system" }
    | { readonly kind: "project"; readonly uuid: ProjectId; readonly name: string };
  /** Roles in its scope, the strongest first; none without a scope. */
  readonly roles: readonly Role[];
  readonly credential: { readonly uuid: string; readonly name: string } | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** Tokens with a scope. */
export interface ScopedTokens {
  /** Throws `auth.failed` (also for a scope that is not theirs), `auth.expired`, `auth.throttled`, `auth.scoped`. */
  issue(
    proof: Proof | { readonly method: "token"; readonly token: string },
    scope: WantedScope,
    address: string | null,
  ): Promise<{ readonly secret: string; readonly token: TokenShown }>;
  /** Looks at a token: one's own, or anybody's for an administrator. Throws `token.not-found`. */
  show(actor: Actor, secret: string): Promise<TokenShown>;
  /** The token that this actor came with. Throws `token.not-found`. */
  own(actor: Actor): Promise<TokenShown>;
  /** Ends it, and those that were made of it. Throws `token.not-found`. */
  end(actor: Actor, secret: string): Promise<void>;
}

export interface ListedProject {
  readonly uuid: ProjectId;
  readonly name: string;
  readonly description: string;
}

export interface ListedUser {
  readonly uuid: string;
  readonly name: string;
  readonly mail: string | null;
  readonly isActive: boolean;
}

/** Who has which role where; without a project: above all of them. */
export interface Assignment {
  readonly user: { readonly uuid: string; readonly name: string };
  readonly project: { readonly uuid: ProjectId; readonly name: string } | null;
  readonly role: Role;
}

/** A list, and whether there is more than was looked for. */
export interface Listed<Row> {
  readonly rows: readonly Row[];
  readonly isCut: boolean;
}

/** Who and what there is, as far as the actor may see. */
export interface Directory {
  projects(actor: Actor, named?: string): Promise<Listed<ListedProject>>;
  /** Throws `project.not-found`. */
  project(actor: Actor, id: string): Promise<ListedProject>;
  /** Throws `policy.denied`. */
  users(actor: Actor, named?: string): Promise<Listed<ListedUser>>;
  /** Oneself, or anybody for an administrator. Throws `user.not-found`. */
  user(actor: Actor, id: string): Promise<ListedUser>;
  assignments(
    actor: Actor,
    of: { readonly user?: string | undefined; readonly project?: string | undefined },
  ): Promise<Listed<Assignment>>;
}

/** Everything that `/identity/v3` is a translation of. */
export interface IdentityVerbs {
  readonly scoped: ScopedTokens;
  readonly directory: Directory;
  readonly credentials: {
    list(actor: Actor, query: PageQuery): Promise<{ items: Credential[]; next: string | null }>;
    create(
      actor: Actor,
      project: ProjectId,
      body: BodyOf<typeof rest.credentials.create>,
    ): Promise<{ secret: string; credential: Credential }>;
    remove(actor: Actor, idOrName: string): Promise<void>;
  };
  readonly sessions: {
    changePassword(
      actor: Actor,
      body: { readonly current: string; readonly next: string },
    ): Promise<void>;
  };
}
