// What the module of bulk operations asks of others, stated here so that it knows neither the HTTP edge nor the boards' tables.
import type { BulkActionName, ProjectId } from "@s4t/contract";
import type { Actor, Scope } from "../policy/index.ts";
import type { Reader } from "../ports/database.ts";

/** One action with what it takes, but for the board. */
export interface BulkWork {
  readonly action: BulkActionName;
  readonly project: ProjectId;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Does to one board what its endpoint does: the same scope, policy, validation and record. */
export interface PerformOne {
  /** Throws `request.invalid` for what no board could be asked. */
  check(work: BulkWork): void;
  /** Answers as the endpoint does; an operation once it has ended. */
  perform(actor: Actor, work: BulkWork, board: string, signal: AbortSignal): Promise<unknown>;
}

/** A board that was selected. */
export interface PickedBoard {
  readonly uuid: string;
  readonly name: string;
  readonly enrolled: boolean;
  /** Whether its owner allowed it. */
  readonly canReboot: boolean;
}

/** What boards are asked for; all that is said has to hold. */
export interface BoardsAsked {
  readonly q?: string | undefined;
  readonly fleet?: string | undefined;
  /** By id or name; one that is not there throws `board.not-found`. */
  readonly names?: readonly string[] | undefined;
  /** Those of these that are there. */
  readonly ids?: readonly string[] | undefined;
}

/** Boards of a scope by name, at most `limit`; those that are retired only for who asks for them. */
export type PickBoards = (
  scope: Scope,
  reader: Reader,
  asked: BoardsAsked,
  limit: number,
) => Promise<PickedBoard[]>;
