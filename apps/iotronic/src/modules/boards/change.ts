// What every verb of this module needs: its surroundings, a board by id or name, and the note that something changed.
import { type BoardId, fail, type ProjectId } from "@s4t/contract";
import type { Clock, Json, Log } from "@s4t/kit";
import { sha256Hex } from "@s4t/kit/node";
import type { AuditLog, ChangeLog } from "../../edge/facts.ts";
import type { Fleets } from "../../edge/fleets.ts";
import type { Link } from "../../edge/link.ts";
import type { OriginalCommands } from "../../edge/originals.ts";
import { holdRow } from "../../edge/statement.ts";
import type { Actor, Scope } from "../../policy/index.ts";
import type { Database, Reader, Tx } from "../../ports/database.ts";
import type { Operations } from "../operations/index.ts";
import type { ShownWith } from "./board.ts";
import { type BoardRow, findBoard, updateBoard } from "./store.ts";

export interface BoardsDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: AuditLog;
  readonly changes: ChangeLog;
  readonly operations: Operations;
  readonly fleets: Fleets;
  /** The link, once it exists: the two need each other. */
  readonly link: () => Link;
  /** Address that new boards are told, and the CA that they pin. */
  readonly address: (isHere?: boolean) => { readonly url: string; readonly ca: string | null };
  /** Commands to paste on the machine that becomes a board. */
  readonly commandsFor: (
    enrolment: string,
    board: string,
  ) => readonly { kind: string; command: string }[];
  /** The same for machines that run the original agent; undefined where the cloud takes none. */
  readonly originalCommands?: OriginalCommands | undefined;
}

export type Facts = Readonly<Record<string, Json>>;

/** Within a transaction: a row changed for a reason, with audit and change beside it. */
export const noteChange = async (
  { audit, changes }: Pick<BoardsDependencies, "audit" | "changes">,
  tx: Tx,
  input: {
    readonly actor: Actor;
    readonly action: string | null;
    readonly row: Pick<BoardRow, "uuid" | "name" | "project_id" | "rev">;
    readonly patch: Facts;
    readonly facts?: Facts;
  },
): Promise<void> => {
  const { actor, action, row, patch, facts } = input;
  const project = row.project_id as ProjectId;
  if (action !== null)
    await audit.append(tx, {
      actor,
      action,
      project,
      resource: { noun: "board", uuid: row.uuid, name: row.name },
      ...(facts ? { facts } : {}),
    });
  await changes.append(tx, { actor, project, noun: "board", uuid: row.uuid, rev: row.rev, patch });
};

/**
 * Within a transaction: the board's target changes with it, and `set` of its row; the board is hinted after the commit. Answers the
 * revision that is wanted from now on.
 */
export const retarget = async (
  { clock, link }: Pick<BoardsDependencies, "clock" | "link">,
  scope: Scope,
  tx: Tx,
  row: BoardRow,
  set: Partial<BoardRow> = {},
): Promise<number> => {
  const target_wanted = row.target_wanted + 1;
  await updateBoard(scope, tx, row.uuid, { ...set, target_wanted, updated_at: clock.now() });
  link().retarget(tx, row.uuid as BoardId, target_wanted);
  return target_wanted;
};

/** What a board is shown with, out of the surroundings. */
export const shownWith = ({
  link,
  clock,
}: Pick<BoardsDependencies, "link" | "clock">): ShownWith => ({
  keyHash: sha256Hex,
  roundTripMs: (board) => link().roundTripMs(board),
  now: () => clock.now(),
});

export const getRow = async (scope: Scope, reader: Reader, idOrName: string): Promise<BoardRow> => {
  const row = await findBoard(scope, reader, idOrName);
  if (!row) throw fail("board.not-found");
  return row;
};

/** Within a transaction: as it is now, and nobody else's to change until the end. */
export const holdBoard = async (scope: Scope, tx: Tx, idOrName: string): Promise<BoardRow> => {
  const found = await getRow(scope, tx, idOrName);
  if (tx.dialect === "sqlite") return found;
  await holdRow(tx, "boards", found.uuid);
  return getRow(scope, tx, found.uuid);
};
