// What boards ask of fleets, and fleets of boards: which board is in which fleet is told by the boards, what a fleet is called by the
// fleets. Stated here, so that neither knows the other's inside.
import type { Scope } from "../policy/index.ts";
import type { Reader, Tx } from "../ports/database.ts";

/** A fleet as boards know it. */
export interface KnownFleet {
  readonly uuid: string;
  readonly name: string;
}

export interface Fleets {
  /** Within a transaction: it is not removed before that ends. Throws `fleet.not-found`. */
  hold(scope: Scope, tx: Tx, idOrName: string): Promise<KnownFleet>;
  /** Those of this id or name: one within a project, over several projects one in each at most. */
  matching(scope: Scope, reader: Reader, idOrName: string): Promise<readonly string[]>;
  /** Names by id. */
  named(scope: Scope, reader: Reader, uuids: readonly string[]): Promise<Map<string, string>>;
}

/** How many boards are in each of these fleets. */
export type CountInFleets = (
  scope: Scope,
  reader: Reader,
  fleets: readonly string[],
) => Promise<Map<string, number>>;
