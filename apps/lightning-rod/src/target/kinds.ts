// What entries of the target this agent can apply. A kind is one entry (`settings/log`), or, where a section's keys are names
// that users chose, all entries of the section (`plugins/*`).
import {
  TargetCa,
  TargetPlugin,
  TargetProjectKey,
  TargetService,
  TargetSettings,
} from "@s4t/contract";
import type { TSchema } from "typebox";

/** Value of each kind. */
export interface EntryKinds {
  "trust/ca": TargetCa;
  "trust/project-key": TargetProjectKey;
  "settings/sensors": TargetSettings["sensors"];
  "settings/log": TargetSettings["log"];
  "plugins/*": TargetPlugin;
  "services/*": TargetService;
}

/** How an entry is applied and undone. */
export interface Executor<Value> {
  /**
   * Makes it so. What answers a promise works beside: other entries go on, and the entry is `waiting` until it settles. `signal`
   * aborts when the target wants something else of this entry by now; the next wish waits until the promise has settled.
   */
  apply(value: Value, about: EntryAbout): void | Promise<void>;
  remove(about: EntryAbout): void | Promise<void>;
  /** Keys of what is on this board from before a start, on record as applied or not: what no target names of it is removed. */
  present?(): readonly string[];
}

export interface EntryAbout {
  readonly key: string;
  readonly signal: AbortSignal;
}

/** A kind without an executor does not compile. */
export type Executors = { readonly [Kind in keyof EntryKinds]: Executor<EntryKinds[Kind]> };

/** What a value of each kind must be. */
export const entrySchemas: { readonly [Kind in keyof EntryKinds]: TSchema } = {
  "trust/ca": TargetCa,
  "trust/project-key": TargetProjectKey,
  "settings/sensors": TargetSettings.properties.sensors,
  "settings/log": TargetSettings.properties.log,
  "plugins/*": TargetPlugin,
  "services/*": TargetService,
};

/** The kind of an entry, where this agent knows it. */
export const kindOf = (path: string): keyof EntryKinds | undefined => {
  const named = path.replace(/\/.*/s, "/*");
  const known = (kind: string): kind is keyof EntryKinds => Object.hasOwn(entrySchemas, kind);
  return known(path) ? path : known(named) ? named : undefined;
};
