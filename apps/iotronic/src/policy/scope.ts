// Which projects a query may see. The first argument of every store function; only the policy makes one, so that no store
// can be asked without somebody having decided.
import type { ProjectId } from "@s4t/contract";

declare const brand: unique symbol;

/** Projects that a query may see: `all`, or a list (an empty list sees nothing). */
export interface Scope {
  readonly [brand]: true;
  readonly projects: "all" | readonly ProjectId[];
}

const scopeOver = (projects: Scope["projects"]): Scope => ({ projects }) as Scope;

/** Everything: for the system's own work (sequencer, expiry, link) and administrators. */
export const everything: Scope = scopeOver("all");
/** Exactly these projects. */
export const within = (...projects: readonly ProjectId[]): Scope => scopeOver(projects);
