import type { BoardId, ProjectId } from "@s4t/contract";
import {
  type Boards,
  boardMetrics,
  boardRoutes,
  boardTopics,
  createBoards,
  createCommands,
  createTimeline,
  createWishes,
} from "../modules/boards/index.ts";
import { knownFleets } from "../modules/fleets/index.ts";
import { everything, type Scope } from "../policy/index.ts";
import type { Ground } from "./ground.ts";
import { originalCommandsOf } from "./legacy.ts";
import type { Offer } from "./offer.ts";

/** The registry of boards, their commands and their timeline. */
export const composeBoards = (ground: Ground) => {
  const { parts, changes, clock, wayIn, metrics } = ground;
  const { address, commandsFor } = wayIn;
  const boards: Boards = parts.add(
    createBoards({
      ...{ ...ground, fleets: knownFleets, address, commandsFor },
      originalCommands: originalCommandsOf(ground),
    }),
  );
  boardMetrics(metrics, async () => (await boards.counts(everything)).byStatus);
  const commands = createCommands({ ...ground, boards });
  const timeline = createTimeline({ ...ground, boards, changesOf: changes.of });
  const { subscribe, since } = changes;
  const offer: Offer = {
    routes: boardRoutes(boards, commands, timeline),
    topics: boardTopics({ boards, clock, subscribe, since }),
  };
  const findBoard = async (scope: Scope, idOrName: string) => {
    const row = await boards.row(scope, idOrName);
    return { uuid: row.uuid as BoardId, project: row.project_id as ProjectId };
  };
  return { boards, wishes: createWishes(ground), findBoard, offer };
};
