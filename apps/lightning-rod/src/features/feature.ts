// The form of a feature: handlers for the contract's procedures of its name.
import type { AnswerOf, ArgsOf, Procedure } from "@s4t/contract";

/** What a handler knows of the call besides its arguments. */
export interface FeatureCall {
  /** Aborts when nobody waits any more: the caller gave up, its time is over, the link broke. */
  readonly signal: AbortSignal;
}

/** Handlers for every procedure of a feature; a missing one does not compile. */
export type Handlers<Feature extends Readonly<Record<string, Procedure>>> = {
  readonly [Verb in keyof Feature]: (
    args: ArgsOf<Feature[Verb]>,
    call: FeatureCall,
  ) => AnswerOf<Feature[Verb]> | Promise<AnswerOf<Feature[Verb]>>;
};

/** A feature as the link dispatches to it: handlers by the procedure's name. */
export type Dispatch = ReadonlyMap<
  string,
  {
    readonly procedure: Procedure;
    readonly handle: (args: never, call: FeatureCall) => unknown;
  }
>;

/** Gathers a feature's handlers under their procedures' names. */
export const dispatchOf = <Feature extends Readonly<Record<string, Procedure>>>(
  feature: Feature,
  handlers: Handlers<Feature>,
): Dispatch =>
  new Map(
    Object.entries(feature).map(([verb, procedure]) => [
      procedure.name,
      { procedure, handle: handlers[verb] as (args: never, call: FeatureCall) => unknown },
    ]),
  );
