// May this actor do this? One pure table, decided in a fraction of a microsecond, the same for REST, events and the link.
import {
  type Actions,
  ALL_PROJECTS,
  type EndpointAction,
  fail,
  type ProjectId,
  type Role,
} from "@s4t/contract";
import type { Actor } from "./actor.ts";
import { actingOn } from "./delegated.ts";
import type { PolicyRow } from "./row.ts";
import { everything, type Scope, within } from "./scope.ts";
import { auditPolicy } from "./table/audit.ts";
import { boardPolicy } from "./table/boards.ts";
import { cloudPolicy } from "./table/cloud.ts";
import { delegationPolicy } from "./table/delegations.ts";
import { fleetPolicy } from "./table/fleets.ts";
import { observationPolicy } from "./table/observations.ts";
import { operationPolicy } from "./table/operations.ts";
import { pluginPolicy } from "./table/plugins.ts";
import { projectPolicy } from "./table/projects.ts";
import { secondFactorPolicy } from "./table/second-factor.ts";
import { servicePolicy } from "./table/services.ts";
import { sessionPolicy } from "./table/sessions.ts";
import { userPolicy } from "./table/users.ts";

/** The whole table. An endpoint whose action has no row does not compile. */
export const policyTable = {
  ...boardPolicy,
  ...delegationPolicy,
  ...fleetPolicy,
  ...observationPolicy,
  ...operationPolicy,
  ...auditPolicy,
  ...userPolicy,
  ...pluginPolicy,
  ...projectPolicy,
  ...servicePolicy,
  ...sessionPolicy,
  ...secondFactorPolicy,
  ...cloudPolicy,
} as const satisfies Readonly<Record<EndpointAction, PolicyRow>>;

export type Action = keyof typeof policyTable;

/** Whether an action is one of the table. */
export const isAction = (text: string): text is Action => Object.hasOwn(policyTable, text);

/** Whether the table allows a role of a project this. */
export const roleAllows = (role: Exclude<Role, "admin">, action: Action): boolean => {
  const { allow } = policyTable[action] as PolicyRow;
  return typeof allow !== "string" && allow.includes(role);
};

/** Whether the actor may do this in this project (`null`: about nothing within a project). */
export const may = (actor: Actor, action: Action, project: ProjectId | null): boolean => {
  if (actor.by) return actor.by.project === project && actor.by.actions.has(action);
  if (actor.admin) return true;
  const { allow } = policyTable[action] as PolicyRow;
  if (allow === "anyone") return true;
  if (allow === "admin" || project === null) return false;
  const role = actor.roles.get(project);
  return role !== undefined && allow.includes(role);
};

/** Whether the actor may do this in any project at all: what shows a page or refuses at the door. */
export const maySomewhere = (actor: Actor, action: Action): boolean => {
  if (actor.admin) return true;
  const { allow } = policyTable[action] as PolicyRow;
  if (allow === "anyone") return true;
  if (allow === "admin") return false;
  for (const role of actor.roles.values()) if (allow.includes(role)) return true;
  return false;
};

const needs = (action: Action): string => {
  const { allow } = policyTable[action] as PolicyRow;
  return typeof allow === "string" ? allow : allow.join(" or ");
};

/** The refusal that `may` would be: with who could. */
export const denied = (action: Action) => fail("policy.denied", { action, needs: needs(action) });

/** Throws `policy.denied` unless {@link may}. */
export const requireMay = (actor: Actor, action: Action, project: ProjectId | null): void => {
  if (!may(actor, action, project)) throw denied(action);
};

/** Throws `policy.denied` for credentials: what concerns a person's own ways in is for that person. */
export const requirePerson = (actor: Actor, action: Action): void => {
  if (actor.kind !== "user") throw fail("policy.denied", { action, needs: "person" });
};

/**
 * The projects that a request of this actor may see for this action. `wanted`: a project id, {@link ALL_PROJECTS}, or
 * undefined for the actor's default project. Throws `project.not-found` for a project that the actor does not reach, and
 * `policy.denied` where a role is there but does not allow the action.
 */
export const scopeFor = (actor: Actor, action: Action, wanted: string | undefined): Scope => {
  const project = wanted ?? actor.defaultProject ?? (actor.admin ? ALL_PROJECTS : undefined);
  if (project === undefined) throw denied(action);
  if (project === ALL_PROJECTS) {
    if (actor.admin) return everything;
    const reachable = [...actor.roles.keys()].filter((id) => may(actor, action, id));
    if (reachable.length === 0) throw denied(action);
    return within(...reachable);
  }
  const id = project as ProjectId;
  if (!actor.admin && !actor.roles.has(id)) throw fail("project.not-found");
  requireMay(actor, action, id);
  return within(id);
};

/**
 * Who does this on a board that was delegated, and within which project: undefined where the actor's roles decide, since it may by
 * them, or nothing of the board was delegated. Throws `policy.denied` where something was, but not this.
 */
export const delegatedOn = (
  actor: Actor,
  action: Action,
  board: string,
  now: number,
): { readonly actor: Actor; readonly scope: Scope } | undefined => {
  const acting = actingOn(actor, board, now);
  if (!acting?.by || may(actor, action, acting.by.project)) return undefined;
  const { project } = acting.by;
  if (!may(acting, action, project)) throw denied(action);
  return { actor: acting, scope: within(project) };
};

/** The one project of a scope, for verbs that make something. Throws `project.needed` for more or less than one. */
export const projectOf = (scope: Scope): ProjectId => {
  const [only, ...more] = scope.projects === "all" ? [] : scope.projects;
  if (only === undefined || more.length > 0) throw fail("project.needed");
  return only;
};

/** Why not, where it is the role. */
export const notAllowed = {
  code: "policy.denied",
  because: "your role does not allow it",
} as const;

/** What the actor may do with something of this project, by verb: `true`, or why not. */
export const actionsOf = (
  actor: Actor,
  project: string,
  verbs: Readonly<Record<string, Action>>,
): Actions =>
  Object.fromEntries(
    Object.entries(verbs).map(([verb, action]) => [
      verb,
      may(actor, action, project as ProjectId) ? true : notAllowed,
    ]),
  );
