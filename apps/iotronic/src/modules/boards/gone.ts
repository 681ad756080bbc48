// Boards that are gone without saying so: with the cloud that held them, or later than they said they would be back.
import type { Part } from "@s4t/kit";
import { everything, systemActor } from "../../policy/index.ts";
import { CLOUD_STOPPED, stateOf } from "./board.ts";
import { type BoardsDependencies, noteChange } from "./change.ts";
import { type BoardRow, listConnected, listLate, updateBoard } from "./store.ts";

/** Boards that are written in one commit where many change: others get their turn between two. */
export const BOARDS_PER_COMMIT = 500;
/** How often boards are looked at that announced to be back by now. */
export const LATE_CHECK_MS = 2_000;

/** Makes the watch. */
export const createGoneWatch = (
  deps: BoardsDependencies,
): Required<Pick<Part, "start" | "stop">> => {
  const { database, clock, log } = deps;
  let timer: { cancel(): void } | undefined;

  const note = async (rows: readonly BoardRow[], set: Partial<BoardRow>): Promise<void> => {
    for (let at = 0; at < rows.length; at += BOARDS_PER_COMMIT)
      await database.write(everything, async (tx) => {
        for (const row of rows.slice(at, at + BOARDS_PER_COMMIT)) {
          const status = stateOf({ ...row, ...set }, clock.now());
          await updateBoard(everything, tx, row.uuid, { ...set, status });
          const change = { actor: systemActor, action: null, row, patch: { status } };
          await noteChange(deps, tx, change);
        }
      });
  };

  const watchLate = (): void => {
    timer = clock.after(LATE_CHECK_MS, () => {
      database
        .read(everything, (reader) => listLate(everything, reader, clock.now()))
        .then((late) => note(late, { busy_until: null }))
        .catch((error: unknown) => log.warn("Late boards could not be noted", { error }))
        .finally(watchLate);
    });
  };

  return {
    /** Nobody is connected to a cloud that has just started: what the last one knew is history. */
    async start() {
      const rows = await database.read(everything, (reader) => listConnected(everything, reader));
      await note(rows, { connected: 0, since: clock.now(), left_reason: CLOUD_STOPPED });
      watchLate();
    },
    stop: () => timer?.cancel(),
  };
};
