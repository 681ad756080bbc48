// Who vouches for people: the cloud's own records, or a Keystone. Whoever it is proves passwords, knows what a token of theirs is
// worth, and says what somebody may now. Sessions, tokens and credentials of the cloud's own stand on these answers.
import type { Role } from "@s4t/contract";
import type { Part } from "@s4t/kit";

/** What somebody or something is called. `nobody`: named as one of a domain that there is not; the same work is done for it. */
export interface Called {
  readonly by: "id" | "name" | "nobody";
  readonly key: string;
}

/** A person or a project, as whoever vouches has it. */
export interface Known {
  /** At most 64 characters; of the cloud's own records a uuid. */
  readonly id: string;
  readonly name: string;
}

/** A role in a project. */
export interface RoleIn {
  readonly project: Known;
  readonly role: Exclude<Role, "admin">;
}

/** What a person may, as it stood when it was looked at. */
export interface Standing {
  readonly user: Known;
  /** Administrator of the whole cloud. */
  readonly isAdmin: boolean;
  /** At most one of each project. */
  readonly roles: readonly RoleIn[];
  /** Until when this may be relied on, in the clock's monotonic ms; infinity where whoever changes it says so. */
  readonly freshUntilMs: number;
}

/** What a token of theirs is worth. */
export interface TokenStanding extends Standing {
  /** Id of the project that it is for. */
  readonly project: string | null;
  /** UTC, ms. */
  readonly expiresAtMs: number;
}

/** Whom a password proved. */
export interface Proven {
  readonly id: string;
  /** A token of theirs that what comes of this is bound to; null where the cloud's own is all there is. */
  readonly bond: { readonly token: string; readonly expiresAtMs: number } | null;
}

/**
 * Vouches for people. Nothing here ever answers that somebody may what they may not, however badly it goes: who cannot be asked
 * throws `identity.unavailable`.
 */
export interface IdentityDriver extends Part {
  /** Where people, projects and roles are managed; null: here. */
  readonly managedAt: string | null;
  /** Whether a text may be a token of theirs at all: such are never looked for among the cloud's own. */
  isToken(text: string): boolean;
  /** Whom name and password prove; undefined: nobody. */
  prove(user: Called, password: string): Promise<Proven | undefined>;
  /** What a token is worth; undefined: nothing (unknown, altered, ended, of somebody or something that is disabled). */
  judge(token: string): Promise<TokenStanding | undefined>;
  /** What a person may; undefined: they are gone or disabled. */
  standing(id: string): Promise<Standing | undefined>;
  /** Ends a token. What is none already is no failure. */
  end(token: string): Promise<void>;
  /** Whether they answered when they were asked last. */
  isReachable(): boolean;
}
