// The identity module put together: who signs in, who belongs where, what a token means.
import { fail, type ProjectId } from "@s4t/contract";
import type { Clock, Log } from "@s4t/kit";
import type { Estate } from "../../edge/estate.ts";
import type { AuditLog, ChangeLog } from "../../edge/facts.ts";
import type { FederatedSignIn } from "../../edge/federation.ts";
import type { Directory, ScopedTokens } from "../../edge/identity.ts";
import type { Actor, Delegated } from "../../policy/index.ts";
import type { Database, Reader } from "../../ports/database.ts";
import type { IdentityDriver } from "../../ports/identity.ts";
import { type Credentials, createCredentials } from "./credentials.ts";
import { createDirectory } from "./directory.ts";
import { createFederation, type Provider } from "./federation.ts";
import { createLocker } from "./locker.ts";
import { createProjects, type Projects } from "./projects.ts";
import { createProofs } from "./proofs.ts";
import { createRecovery, type Recovery, type RecoveryDependencies } from "./recovery.ts";
import { createScopedTokens } from "./scoped.ts";
import { createSecondFactors, type SecondFactors } from "./second-factor.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createShadows, type Shadows } from "./shadows.ts";
import { createThrottle } from "./throttle.ts";
import { createTokens, type Tokens } from "./tokens.ts";
import { createUsers, type Users } from "./users.ts";

export interface IdentityDependencies extends RecoveryDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: AuditLog;
  readonly changes: ChangeLog;
  /** How many boards a project has: the boards' module knows. */
  readonly countBoards: (project: ProjectId) => Promise<number>;
  /** What other modules hold of a project. */
  readonly estates: Readonly<
    Record<
      | "boards"
      | "delegations"
      | "fleets"
      | "plugins"
      | "services"
      | "bulks"
      | "keys"
      | "operations",
      Estate
    >
  >;
  /** What was delegated: to the user unless null, and to projects where the user has these roles. */
  readonly delegationsOf: (
    reader: Reader,
    subject: { readonly user: string | null; readonly roles: Actor["roles"] },
  ) => Promise<readonly Delegated[]>;
  /** Actions that an actor may do somewhere. */
  readonly actionsOf: (actor: Actor) => readonly string[];
  /** How long a token of the Identity API lasts. */
  readonly tokenLifeS: number;
  /** File of the key that secrets of second factors are locked with. */
  readonly keyFile: string;
  /** Somebody else's pages that people may sign in by. */
  readonly providers: readonly Provider[];
  /** Who vouches for people. */
  readonly people: IdentityDriver;
}

/** Everything of one part that the others of this module need. */
export interface IdentityContext extends IdentityDependencies {
  readonly tokens: Tokens;
  readonly shadows: Shadows;
  /** Ids of projects by what they were asked for by. */
  readonly projectNames: Map<string, ProjectId>;
  /** Throws `identity.elsewhere` where people are managed elsewhere. */
  readonly requireHere: () => void;
}

export interface Identity {
  /** Where people are managed; null: here. */
  readonly managedAt: string | null;
  /** Whether who vouches for people answered when they were asked last. */
  readonly isReachable: () => boolean;
  readonly sessions: Sessions;
  readonly secondFactors: SecondFactors;
  readonly recovery: Recovery;
  readonly federation: FederatedSignIn;
  readonly users: Users;
  readonly projects: Projects;
  readonly credentials: Credentials;
  readonly tokens: Tokens;
  readonly scoped: ScopedTokens;
  readonly directory: Directory;
}

/** Makes the module. */
export const createIdentity = (dependencies: IdentityDependencies): Identity => {
  const { people } = dependencies;
  const projectNames = new Map<string, ProjectId>();
  const shadows = createShadows({ ...dependencies, projectNames });
  const tokens = createTokens({ ...dependencies, shadows });
  const requireHere = (): void => {
    if (people.managedAt !== null) throw fail("identity.elsewhere", { url: people.managedAt });
  };
  const context: IdentityContext = {
    ...dependencies,
    ...{ tokens, shadows, projectNames, requireHere },
  };
  const throttle = createThrottle(dependencies.clock);
  const locker = createLocker(dependencies.keyFile);
  const secondFactors = createSecondFactors(context, throttle, locker, dependencies.name);
  const recovery = createRecovery(context, throttle, dependencies);
  const proofs = createProofs(context, throttle, secondFactors);
  const sessions = createSessions(context, throttle, proofs);
  return {
    managedAt: people.managedAt,
    isReachable: people.isReachable,
    tokens,
    sessions,
    federation: createFederation(context, { sessions, proofs, throttle }, dependencies.providers),
    secondFactors,
    recovery,
    users: createUsers(context, recovery, throttle),
    projects: createProjects(context),
    credentials: createCredentials(context),
    scoped: createScopedTokens(context, proofs, dependencies.tokenLifeS),
    directory: createDirectory(context),
  };
};
