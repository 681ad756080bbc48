// Boards in fleets: put in, taken out, and shown with them.
import {
  type Board,
  type BoardFleet,
  DEFAULT_FLEET_PRIORITY,
  fail,
  MAX_FLEETS_PER_BOARD,
  PRIMARY_PRIORITY,
  type ProjectId,
} from "@s4t/contract";
import { requireRev } from "../../edge/revision.ts";
import { type Actor, type Scope, within } from "../../policy/index.ts";
import type { Reader, Tx } from "../../ports/database.ts";
import { showBoard } from "./board.ts";
import type { Boards } from "./boards.ts";
import { type BoardsDependencies, type Facts, holdBoard, noteChange, shownWith } from "./change.ts";
import {
  countMembers,
  listMemberships,
  type MemberRow,
  removeMemberships,
  setMembership,
} from "./fleet-store.ts";
import { type BoardRow, updateBoard } from "./store.ts";

const inOrder = (a: BoardFleet, b: BoardFleet): number =>
  a.priority - b.priority || (a.name < b.name ? -1 : 1);

/** Shows rows of boards with their fleets. */
export const showRows = async (
  deps: Pick<BoardsDependencies, "fleets" | "link" | "clock">,
  actor: Actor,
  scope: Scope,
  reader: Reader,
  rows: readonly BoardRow[],
): Promise<Board[]> => {
  const ids = rows.map(({ uuid }) => uuid);
  const memberships = await listMemberships(scope, reader, ids);
  const names =
    memberships.length === 0
      ? new Map<string, string>()
      : await deps.fleets.named(scope, reader, [
          ...new Set(memberships.map((each) => each.fleet_id)),
        ]);
  const byBoard = Map.groupBy(memberships, (each) => each.board_id);
  const shown = shownWith(deps);
  return rows.map((row) => {
    const of = (byBoard.get(row.uuid) ?? []).map(({ fleet_id, priority }) => ({
      uuid: fleet_id,
      name: names.get(fleet_id) ?? "",
      priority,
    }));
    return showBoard(actor, row, of.sort(inOrder), shown);
  });
};

/** The same of one. */
export const showRow = async (
  deps: Pick<BoardsDependencies, "fleets" | "link" | "clock">,
  actor: Actor,
  scope: Scope,
  reader: Reader,
  row: BoardRow,
): Promise<Board> => {
  const [board] = await showRows(deps, actor, scope, reader, [row]);
  return board as Board;
};

/** Fleets that a board joined, left, or stands in otherwise now. */
type Changed = readonly string[];

/** The part of a change's patch that tells of them; `undefined`: nobody spoke of fleets. */
export const fleetsPatch = (changed: Changed | undefined): Facts =>
  changed ? { fleets: [...changed] } : {};

/**
 * Within a transaction that holds the board's row: puts the board into a fleet. As its primary one it takes the place of an earlier.
 */
const put = async (
  { fleets }: Pick<BoardsDependencies, "fleets">,
  tx: Tx,
  row: BoardRow,
  idOrName: string,
  asked: number | undefined,
): Promise<Changed> => {
  // Of the board's own project, whatever else the actor sees.
  const own = within(row.project_id as ProjectId);
  const { uuid } = await fleets.hold(own, tx, idOrName);
  const present = await listMemberships(own, tx, [row.uuid]);
  const before = present.find(({ fleet_id }) => fleet_id === uuid);
  const priority = asked ?? before?.priority ?? DEFAULT_FLEET_PRIORITY;
  if (before?.priority === priority) return [];
  const given =
    priority === PRIMARY_PRIORITY
      ? present.filter((each) => each.priority === PRIMARY_PRIORITY).map((each) => each.fleet_id)
      : [];
  await removeMemberships(own, tx, row.uuid, given);
  if (!before && present.length - given.length >= MAX_FLEETS_PER_BOARD)
    throw fail("quota.exceeded", { limit: MAX_FLEETS_PER_BOARD, what: "fleets of the board" });
  const member: MemberRow = {
    ...{ project_id: row.project_id, board_id: row.uuid },
    ...{ fleet_id: uuid, priority },
  };
  await setMembership(own, tx, member);
  return [uuid, ...given];
};

/** Within a transaction that holds the board's row: takes the board out of those fleets that `which` says. */
const takeOut = async (
  tx: Tx,
  row: BoardRow,
  which: (member: MemberRow) => boolean,
): Promise<Changed> => {
  const own = within(row.project_id as ProjectId);
  const left = (await listMemberships(own, tx, [row.uuid])).filter(which);
  const ids = left.map(({ fleet_id }) => fleet_id);
  await removeMemberships(own, tx, row.uuid, ids);
  return ids;
};

/** Within a transaction that holds the board's row: another primary fleet, or none. */
export const setPrimary = (
  deps: Pick<BoardsDependencies, "fleets">,
  tx: Tx,
  row: BoardRow,
  fleet: string | null,
): Promise<Changed> =>
  fleet === null
    ? takeOut(tx, row, ({ priority }) => priority === PRIMARY_PRIORITY)
    : put(deps, tx, row, fleet, PRIMARY_PRIORITY);

/** Within a transaction that holds the board's row: out of all its fleets. */
export const leaveAll = (tx: Tx, row: BoardRow): Promise<Changed> => takeOut(tx, row, () => true);

/** Makes the verbs. */
export const createMembers = (
  deps: BoardsDependencies,
): Pick<Boards, "join" | "leave" | "countInFleets"> => {
  const { database, clock, fleets } = deps;

  const change = (
    actor: Actor,
    scope: Scope,
    idOrName: string,
    action: string,
    ifMatch: number | undefined,
    work: (tx: Tx, row: BoardRow) => Promise<{ readonly fleet: string; readonly changed: Changed }>,
  ): Promise<Board> =>
    database.write(scope, async (tx) => {
      const row = await holdBoard(scope, tx, idOrName);
      requireRev(ifMatch, row.rev);
      if (row.retired_at !== null) throw fail("board.retired");
      const set = { rev: row.rev + 1, updated_at: clock.now() };
      // First, so that the row is held: two who change its fleets take turns.
      await updateBoard(scope, tx, row.uuid, set);
      const { fleet, changed } = await work(tx, row);
      const next = { ...row, ...set };
      await noteChange(deps, tx, {
        ...{ actor, action, row: next },
        patch: fleetsPatch(changed),
        facts: { fleet },
      });
      return showRow(deps, actor, scope, tx, next);
    });

  return {
    join: (actor, scope, idOrName, fleet, priority, ifMatch) =>
      change(actor, scope, idOrName, "fleet.join", ifMatch, async (tx, row) => ({
        fleet,
        changed: await put(deps, tx, row, fleet, priority),
      })),
    leave: (actor, scope, idOrName, fleet, ifMatch) =>
      change(actor, scope, idOrName, "fleet.leave", ifMatch, async (tx, row) => {
        const own = within(row.project_id as ProjectId);
        const { uuid, name } = await fleets.hold(own, tx, fleet);
        const changed = await takeOut(tx, row, ({ fleet_id }) => fleet_id === uuid);
        if (changed.length === 0) throw fail("fleet.not-in");
        return { fleet: name, changed };
      }),
    countInFleets: countMembers,
  };
};
