// What a module may ask of boards for a wish that should stay true there: the board it is about, a new revision of its target, how
// the wish stands, and when it has settled. Stated here, so that modules depend on a promise, not on each other.
import type { Problem } from "@s4t/contract";
import type { Scope } from "../policy/index.ts";
import type { Tx } from "../ports/database.ts";
import type { KnownBoard } from "./link.ts";

/** How an entry of the target stands on its board. */
export interface EntryStanding {
  readonly state: "waiting" | "reached" | "failed";
  readonly problem: Problem | null;
}

/** How the entry `section/key` of this value stands. What is told of an earlier value says nothing of this one: it is `waiting`. */
export type Standings = (key: string, value: unknown) => EntryStanding;

/** A board that was looked up, with what its agent is: `original` can do less than ours. */
export interface FoundBoard extends KnownBoard {
  readonly agentKind: string | null;
}

export interface Wishes {
  /** Any board within the scope. Throws `board.not-found`. */
  find(scope: Scope, idOrName: string): Promise<FoundBoard>;
  /** A board that can hold a wish. Throws `board.not-found`, `board.retired`, `board.never-seen`. */
  findServing(scope: Scope, idOrName: string): Promise<FoundBoard>;
  /** Within a transaction: the board's target changes with it; the board is hinted after the commit. */
  retarget(tx: Tx, board: Pick<KnownBoard, "uuid" | "project">): Promise<void>;
  standings(scope: Scope, board: KnownBoard): Promise<Standings>;
  /**
   * Resolves with how the entry stands once a board that is there has settled it; what is not told of in time is `waiting`. Rejects
   * with the signal's reason.
   */
  untilSettled(
    board: KnownBoard,
    key: string,
    value: unknown,
    signal: AbortSignal,
  ): Promise<EntryStanding>;
}
