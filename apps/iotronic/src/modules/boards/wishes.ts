// Wishes of other modules: stated in `edge/wishes.ts`.
import type { BoardId, ProjectId } from "@s4t/contract";
import { createDeadline, isS4tError, untilAborted } from "@s4t/kit";
import { hashOf } from "@s4t/kit/node";
import type { Change } from "../../edge/facts.ts";
import type { KnownBoard } from "../../edge/link.ts";
import type { EntryStanding, FoundBoard, Standings, Wishes } from "../../edge/wishes.ts";
import { type Scope, within } from "../../policy/index.ts";
import { requireCommandable } from "./board.ts";
import { type BoardsDependencies, getRow, retarget } from "./change.ts";
import { listEntryStates } from "./state-store.ts";
import type { BoardRow } from "./store.ts";

/** How long a board that is there gets to take a wish into its target before who asked is answered. */
export const SETTLE_MS = 10_000;

const waiting: EntryStanding = { state: "waiting", problem: null };

/** A board as everybody but this module knows it. */
export const knownBoard = (row: Pick<BoardRow, "uuid" | "project_id" | "name">): KnownBoard => ({
  uuid: row.uuid as BoardId,
  project: row.project_id as ProjectId,
  name: row.name,
});

const foundBoard = (row: BoardRow): FoundBoard => ({
  ...knownBoard(row),
  agentKind: row.agent_kind,
});

/** Makes it. */
export const createWishes = (
  deps: Pick<BoardsDependencies, "database" | "clock" | "link" | "changes">,
): Wishes => {
  const { database, clock, changes } = deps;
  const rowOf = (scope: Scope, idOrName: string): Promise<BoardRow> =>
    database.read(scope, (reader) => getRow(scope, reader, idOrName));

  const standings = async (scope: Scope, board: KnownBoard): Promise<Standings> => {
    const states = await database.read(scope, (reader) =>
      listEntryStates(scope, reader, board.project, board.uuid),
    );
    const told = new Map(states.map((row) => [row.key, row]));
    return (key, value) => {
      const row = told.get(key);
      if (!row || row.hash !== hashOf(value)) return waiting;
      const { state, code, sentence } = row;
      return {
        state: state as EntryStanding["state"],
        problem: code === null ? null : { code, sentence: sentence ?? "" },
      };
    };
  };

  const settled = async (
    board: KnownBoard,
    key: string,
    value: unknown,
    signal: AbortSignal,
  ): Promise<EntryStanding> => {
    let stop = (): void => {};
    try {
      return await untilAborted(
        new Promise<EntryStanding>((resolve, reject) => {
          const look = (): void => {
            standings(within(board.project), board).then((standingOf) => {
              const standing = standingOf(key, value);
              if (standing.state !== "waiting") resolve(standing);
            }, reject);
          };
          // Asked after listening began: what is told in between is not missed.
          stop = changes.subscribe(({ noun, uuid, patch }: Change) => {
            if (noun === "board" && uuid === board.uuid && "targetReached" in patch) look();
          });
          look();
        }),
        signal,
      );
    } finally {
      stop();
    }
  };

  return {
    find: async (scope, idOrName) => foundBoard(await rowOf(scope, idOrName)),
    async findServing(scope, idOrName) {
      const row = await rowOf(scope, idOrName);
      requireCommandable(row);
      return foundBoard(row);
    },
    async retarget(tx, { uuid, project }) {
      const scope = within(project);
      await retarget(deps, scope, tx, await getRow(scope, tx, uuid));
    },
    standings,
    async untilSettled(board, key, value, signal) {
      const patience = createDeadline(clock, SETTLE_MS, signal);
      try {
        return await settled(board, key, value, patience.signal);
      } catch (error) {
        if (signal.aborted || !isS4tError(error, "deadline.exceeded")) throw error;
        return waiting;
      } finally {
        patience[Symbol.dispose]();
      }
    },
  };
};
