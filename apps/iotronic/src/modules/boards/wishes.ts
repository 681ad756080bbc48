// What other modules need of boards for a wish that should stay true: the board it is about, a new revision of its target, how the
// wish stands there, and when it has settled.
import type { BoardId, Problem, ProjectId } from "@s4t/contract";
import { untilAborted } from "@s4t/kit";
import type { Change } from "../../edge/facts.ts";
import type { Scope } from "../../policy/index.ts";
import { within } from "../../policy/index.ts";
import type { Tx } from "../../ports/database.ts";
import { requireCommandable } from "./board.ts";
import { type BoardsDependencies, getRow } from "./change.ts";
import { listEntryStates } from "./state-store.ts";
import { type BoardRow, updateBoard } from "./store.ts";

/** A board as other modules know it. */
export interface WishedBoard {
  readonly uuid: BoardId;
  readonly project: ProjectId;
  readonly name: string;
}

/** How an entry of the target stands on its board. */
export interface EntryStanding {
  /** Of the value that it stands for: a later wish is told of later. */
  readonly hash: string;
  readonly state: "waiting" | "reached" | "failed";
  readonly problem: Problem | null;
}

export interface Wishes {
  /** Any board within the scope. Throws `board.not-found`. */
  find(scope: Scope, idOrName: string): Promise<WishedBoard>;
  /** A board that can hold a wish. Throws `board.not-found`, `board.retired`, `board.never-seen`. */
  findServing(scope: Scope, idOrName: string): Promise<WishedBoard>;
  /** Within a transaction: the board's target changes with it; the board is hinted after the commit. Answers the revision. */
  retarget(tx: Tx, board: Pick<WishedBoard, "uuid" | "project">): Promise<number>;
  /** How the entries of a board's target stand, by `section/key`; one that the board has not spoken of is not there. */
  entries(scope: Scope, board: WishedBoard): Promise<ReadonlyMap<string, EntryStanding>>;
  /** Resolves with how a new entry stands once the board has settled it. Rejects with the signal. */
  untilSettled(board: WishedBoard, key: string, signal: AbortSignal): Promise<EntryStanding>;
}

type WishesDependencies = Pick<BoardsDependencies, "database" | "clock" | "link" | "changes">;

const wished = (row: BoardRow): WishedBoard => ({
  uuid: row.uuid as BoardId,
  project: row.project_id as ProjectId,
  name: row.name,
});

/** Makes it. */
export const createWishes = (deps: WishesDependencies): Wishes => {
  const { database, clock, link, changes } = deps;
  const rowOf = (scope: Scope, idOrName: string): Promise<BoardRow> =>
    database.read(scope, (reader) => getRow(scope, reader, idOrName));
  const entries: Wishes["entries"] = async (scope, board) => {
    const states = await database.read(scope, (reader) =>
      listEntryStates(scope, reader, board.project, board.uuid),
    );
    return new Map(
      states.map(({ key, hash, state, code, sentence }) => [
        key,
        {
          hash,
          state: state as EntryStanding["state"],
          problem: code === null ? null : { code, sentence: sentence ?? "" },
        },
      ]),
    );
  };

  return {
    find: async (scope, idOrName) => wished(await rowOf(scope, idOrName)),
    async findServing(scope, idOrName) {
      const row = await rowOf(scope, idOrName);
      requireCommandable(row);
      return wished(row);
    },
    async retarget(tx, board) {
      const scope = within(board.project);
      const row = await getRow(scope, tx, board.uuid);
      const target_wanted = row.target_wanted + 1;
      await updateBoard(scope, tx, row.uuid, { target_wanted, updated_at: clock.now() });
      link().retarget(tx, board.uuid, target_wanted);
      return target_wanted;
    },
    entries,
    async untilSettled(board, key, signal) {
      const scope = within(board.project);
      let stop = (): void => {};
      try {
        return await untilAborted(
          new Promise<EntryStanding>((resolve, reject) => {
            const look = (): void => {
              entries(scope, board).then((known) => {
                const standing = known.get(key);
                if (standing && standing.state !== "waiting") resolve(standing);
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
    },
  };
};
