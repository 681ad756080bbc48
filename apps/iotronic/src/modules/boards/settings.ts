// What should be true on a board: its settings, and what of it the board has reached.
import { type BoardId, fail, type ProjectId, type TargetSettings } from "@s4t/contract";
import { toRfc3339 } from "@s4t/kit";
import { requireRev } from "../../edge/revision.ts";
import { everything, within } from "../../policy/index.ts";
import { requireCommandable, settingsOf } from "./board.ts";
import type { Boards, TargetEntryStateShown } from "./boards.ts";
import {
  type BoardsDependencies,
  type Facts,
  getRow,
  holdBoard,
  noteChange,
  retarget,
} from "./change.ts";
import { countTold, listEntryStates } from "./state-store.ts";
import { wantMore } from "./store.ts";

/** Makes the verbs. */
export const createSettings = (
  deps: BoardsDependencies,
): Pick<Boards, "target" | "changeSettings" | "retargetAll" | "countTold"> => {
  const { database, link } = deps;
  return {
    target: (scope, idOrName) =>
      database.read(scope, async (reader) => {
        const row = await getRow(scope, reader, idOrName);
        const states = await listEntryStates(scope, reader, row.project_id as ProjectId, row.uuid);
        return {
          wanted: row.target_wanted,
          reached: row.target_reached,
          entries: states.map(({ key, state, code, sentence, since }) => ({
            key,
            state: state as TargetEntryStateShown["state"],
            problem: code === null ? null : { code, sentence: sentence ?? "" },
            since: toRfc3339(since),
          })),
          settings: settingsOf(row),
        };
      }),
    changeSettings: (actor, scope, idOrName, change, ifMatch) =>
      database.write(scope, async (tx) => {
        const row = await holdBoard(scope, tx, idOrName);
        requireRev(ifMatch, row.rev);
        requireCommandable(row);
        if (row.agent_kind === "original")
          throw fail("board.original", { what: "it has no settings of this cloud" });
        const before = settingsOf(row);
        const settings: TargetSettings = {
          sensors: { ...before.sensors, ...change.sensors },
          log: { ...before.log, ...change.log },
        };
        const set = { settings: JSON.stringify(settings), rev: row.rev + 1 };
        const targetWanted = await retarget(deps, scope, tx, row, set);
        await noteChange(deps, tx, {
          actor,
          action: "board.settings",
          row: { ...row, rev: set.rev },
          patch: { targetWanted },
          facts: change as Facts,
        });
        return settings;
      }),
    countTold: (reader, project, key, hashes) =>
      countTold(within(project), reader, project, key, hashes),
    async retargetAll(tx, scope = everything) {
      // Told to the link for each: it knows who is there when the transaction ends, the database only a moment later.
      for (const { uuid, target_wanted } of await wantMore(scope, tx, deps.clock.now()))
        link().retarget(tx, uuid as BoardId, target_wanted);
    },
  };
};
