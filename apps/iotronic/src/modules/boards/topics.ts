import type { Board } from "@s4t/contract";
import type { Change } from "../../edge/facts.ts";
import { type AnyTopicSource, topicSource } from "../../edge/topics.ts";
import type { Scope } from "../../policy/index.ts";
import type { Boards } from "./boards.ts";

export interface BoardTopicsDependencies {
  readonly boards: Boards;
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  /** Changes after a cursor; undefined when too far back. */
  readonly since: (scope: Scope, seq: number) => Promise<readonly Change[] | undefined>;
}

const sees = (scope: Scope, change: Change) =>
  change.noun === "board" && (scope.projects === "all" || scope.projects.includes(change.project));

/** `boards` and `board:UUID`. Lists are read by REST; these keep them fresh. */
export const boardTopics = ({
  boards,
  subscribe,
  since,
}: BoardTopicsDependencies): readonly AnyTopicSource[] => [
  topicSource<"boards">({
    name: "boards",
    action: "board.list",
    async open({ actor, scope, push, since: cursor }) {
      const load = async (uuid: string): Promise<void> => {
        try {
          push({ changed: [await boards.get(actor, scope, uuid)], removed: [] });
        } catch {
          push({ changed: [], removed: [uuid] });
        }
      };
      const close = subscribe((change) => {
        if (sees(scope, change)) void load(change.uuid);
      });
      const missed = cursor === undefined ? undefined : await since(scope, cursor);
      if (!missed) return { kind: "snapshot", data: { changed: [], removed: [] }, close };
      const ids = new Set(missed.filter((change) => sees(scope, change)).map(({ uuid }) => uuid));
      const found = await Promise.all(
        [...ids].map((uuid) => boards.get(actor, scope, uuid).catch(() => undefined)),
      );
      return {
        kind: "change",
        data: { changed: found.filter((board) => board !== undefined), removed: [] },
        close,
      };
    },
    merge: (earlier, later) => {
      const byId = new Map<string, Board>(
        [...earlier.changed, ...later.changed].map((board) => [board.uuid, board]),
      );
      return {
        changed: [...byId.values()],
        removed: [...new Set([...earlier.removed, ...later.removed])],
      };
    },
  }),
  topicSource<"board">({
    name: "board",
    action: "board.show",
    async open({ actor, scope, argument, push }) {
      const board = await boards.get(actor, scope, argument);
      const close = subscribe((change) => {
        if (change.uuid !== board.uuid || !sees(scope, change)) return;
        boards.get(actor, scope, board.uuid).then(
          (now) => push({ board: now }),
          () => {}, // gone since: nothing to show
        );
      });
      return { kind: "snapshot", data: { board }, close };
    },
    merge: (_earlier, later) => later,
  }),
];
