// What was delegated to an actor: some actions on one board of a project that the actor need not be in.
import { type BoardId, delegableActions, type ProjectId } from "@s4t/contract";
import type { Actor } from "./actor.ts";
import type { Action } from "./policy.ts";

/** A delegation that stands, as it is looked up with its subject's rights. */
export interface Delegated {
  readonly uuid: string;
  readonly board: BoardId;
  readonly boardName: string;
  readonly project: ProjectId;
  readonly actions: ReadonlySet<Action>;
  readonly untilMs: number;
  readonly depth: number;
}

/** By which delegations an actor acts, and on which board: all that it may is in here. */
export interface ActingFor {
  readonly board: BoardId;
  readonly project: ProjectId;
  readonly actions: ReadonlySet<Action>;
  /** Ids of the delegations. */
  readonly delegations: readonly string[];
  /** When the first of them is over. */
  readonly untilMs: number;
}

const delegable: ReadonlySet<string> = new Set(delegableActions);

/**
 * The actor with what was delegated of this board and nothing else; undefined where nothing was. What somebody may by a role is
 * not asked here.
 */
export const actingOn = (actor: Actor, board: string, now: number): Actor | undefined => {
  const given = actor.delegated?.filter((each) => each.board === board && each.untilMs > now) ?? [];
  const [first] = given;
  if (!first) return undefined;
  const actions = given.flatMap((each) => [...each.actions]).filter((one) => delegable.has(one));
  return {
    ...actor,
    admin: false,
    roles: new Map(),
    delegated: [],
    by: {
      board: first.board,
      project: first.project,
      actions: new Set(actions),
      delegations: given.map(({ uuid }) => uuid),
      untilMs: Math.min(...given.map(({ untilMs }) => untilMs)),
    },
  };
};
