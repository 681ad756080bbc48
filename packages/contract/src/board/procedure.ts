// What a procedure on the link is: data, from which both sides' dispatch and checks are derived.
import type { Static, TSchema } from "typebox";
import { toHex } from "../ids.ts";

/** A procedure of the link. `board`: the cloud calls it on one board; `cloud`: a board calls it here. */
export interface Procedure {
  readonly on: "board" | "cloud";
  /** `feature.verb`, strict WAMP URI components. */
  readonly name: string;
  readonly summary: string;
  readonly args: TSchema;
  readonly reply: TSchema;
  /** How long the caller waits by default. */
  readonly timeoutMs: number;
  /** Whether it may be sent again after an unknown outcome: only what changes nothing, or sets what already is so. */
  readonly idempotent: boolean;
}

/** Declares a procedure, keeping its exact types. */
export const procedure = <const P extends Procedure>(declared: P): P => declared;

export type ArgsOf<P extends Procedure> = Static<P["args"]>;
export type AnswerOf<P extends Procedure> = Static<P["reply"]>;

/** The one prefix that a board registers. */
export const boardPrefix = (uuid: string): string => `s4t.board.${toHex(uuid)}.`;

/** URI of a procedure on a board. */
export const boardUri = (uuid: string, declared: Procedure): string =>
  boardPrefix(uuid) + declared.name;

/** URI of a procedure of the cloud. */
export const cloudUri = (declared: Procedure): string => `s4t.cloud.${declared.name}`;
