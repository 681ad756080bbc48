// Who acts. Made at the edge by the identity module, carried by every verb, written into every audit entry.
import type { ProjectId, Role } from "@s4t/contract";
import type { ActingFor, Delegated } from "./delegated.ts";

/** Somebody or something that acts. Plain data; `roles` holds the role in each project that the actor may reach. */
export interface Actor {
  readonly kind: "user" | "credential" | "board" | "system";
  /** Id of the user, credential or board; `system` for the cloud itself. */
  readonly uuid: string;
  readonly name: string;
  /** Administrator of the whole cloud. */
  readonly admin: boolean;
  readonly roles: ReadonlyMap<ProjectId, Exclude<Role, "admin">>;
  /** Project of requests that name none. */
  readonly defaultProject: ProjectId | null;
  /** Id of the token that was used, so that it can be ended; null for boards and the system. */
  readonly token: string | null;
  /** Network address that the request came from; null inside. */
  readonly address: string | null;
  /** What was delegated to the actor, besides its roles. */
  readonly delegated?: readonly Delegated[];
  /** Acts by a delegation: then this is all that it may. */
  readonly by?: ActingFor;
}

/** The cloud acting on its own behalf: sequencing, expiry, start-up. */
export const systemActor: Actor = {
  kind: "system",
  uuid: "system",
  name: "system",
  admin: true,
  roles: new Map(),
  defaultProject: null,
  token: null,
  address: null,
};
