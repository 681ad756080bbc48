// Every endpoint, by noun.
import { audit } from "./audit.ts";
import { authority } from "./authority.ts";
import { boards } from "./boards.ts";
import { bulk } from "./bulk.ts";
import { cloud } from "./cloud.ts";
import { delegations } from "./delegations.ts";
import type { Endpoint } from "./endpoint.ts";
import { fleetMembers, fleets } from "./fleets.ts";
import { observations } from "./observations.ts";
import { operations } from "./operations.ts";
import { blobs, injections, plugins } from "./plugins.ts";
import { projectKeys } from "./project-keys.ts";
import { projects } from "./projects.ts";
import { mailAddresses, passwordResets, waysIn } from "./recovery.ts";
import { secondFactor } from "./second-factor.ts";
import { connections, exposures, services, streams } from "./services.ts";
import { sessions } from "./session.ts";
import { credentials, tokens } from "./tokens.ts";
import { users } from "./users.ts";

export const rest = {
  audit,
  authority,
  blobs,
  boards,
  bulk,
  cloud,
  connections,
  credentials,
  delegations,
  exposures,
  fleetMembers,
  fleets,
  injections,
  mailAddresses,
  observations,
  operations,
  passwordResets,
  plugins,
  projectKeys,
  projects,
  secondFactor,
  services,
  sessions,
  streams,
  tokens,
  users,
  waysIn,
} as const satisfies Readonly<Record<string, Readonly<Record<string, Endpoint>>>>;

export type Rest = typeof rest;

/** All endpoints with their names, `noun.verb`. */
export const endpoints: readonly (readonly [name: string, endpoint: Endpoint])[] = Object.entries(
  rest,
).flatMap(([noun, verbs]) =>
  Object.entries(verbs).map(([verb, declared]) => [`${noun}.${verb}`, declared] as const),
);

type ActionsIn<Nouns> = {
  [Noun in keyof Nouns]: {
    [Verb in keyof Nouns[Noun]]: Nouns[Noun][Verb] extends { action: infer A } ? A : never;
  }[keyof Nouns[Noun]];
}[keyof Nouns];
/** Every action that an endpoint names: each needs a row of the policy table. */
export type EndpointAction = Exclude<ActionsIn<Rest>, "public">;

export * from "./audit.ts";
export * from "./authority.ts";
export * from "./boards.ts";
export * from "./bulk.ts";
export { type BulkAction, type BulkActionName, bulkActions } from "./bulk-actions.ts";
export * from "./cloud.ts";
export * from "./delegations.ts";
export * from "./endpoint.ts";
export * from "./fleet-priority.ts";
export * from "./fleets.ts";
export * from "./observations.ts";
export * from "./operations.ts";
export * from "./plugins.ts";
export * from "./preview.ts";
export * from "./project-keys.ts";
export * from "./projects.ts";
export * from "./recovery.ts";
export * from "./second-factor.ts";
export * from "./services.ts";
export * from "./session.ts";
export * from "./shared.ts";
export * from "./tokens.ts";
export * from "./users.ts";
