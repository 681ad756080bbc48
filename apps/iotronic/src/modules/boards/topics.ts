import { type Board, EVENT_FLUSH_MS } from "@s4t/contract";
import { type Clock, createGathering, isS4tError } from "@s4t/kit";
import type { Change } from "../../edge/facts.ts";
import { type AnyTopicSource, topicSource } from "../../edge/topics.ts";
import type { Scope } from "../../policy/index.ts";
import type { Boards } from "./boards.ts";

export interface BoardTopicsDependencies {
  readonly clock: Clock;
  readonly boards: Boards;
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  /** Changes after a cursor; undefined when too far back. */
  readonly since: (scope: Scope, seq: number) => Promise<readonly Change[] | undefined>;
}

/** How long the first change after a silence waits for others before its board is looked up. */
export const LOAD_GATHER_MS = 10;
/** Boards that are looked up at once; the others are when that is sent. */
export const MAX_LOADED_AT_ONCE = 500;

const sees = (scope: Scope, change: Change) =>
  change.noun === "board" && (scope.projects === "all" || scope.projects.includes(change.project));

/** `boards` and `board:UUID`. Lists are read by REST; these keep them fresh. */
export const boardTopics = ({
  boards,
  clock,
  subscribe,
  since,
}: BoardTopicsDependencies): readonly AnyTopicSource[] => [
  topicSource<"boards">({
    name: "boards",
    action: "board.list",
    async open({ actor, scope, push, since: cursor }) {
      // A fleet that comes back changes each of its boards more than once: what changes before the next sending is looked up once for it.
      const waiting = new Set<string>();
      let loadedMs = Number.NEGATIVE_INFINITY;
      const loadSoon = (): void => {
        const restMs = loadedMs + EVENT_FLUSH_MS - clock.monotonicMs();
        loading.within(Math.max(LOAD_GATHER_MS, restMs));
      };
      const lookUp = async (uuids: readonly string[]) => {
        const removed: string[] = [];
        const found = await Promise.all(
          uuids.map((uuid) =>
            boards.get(actor, scope, uuid).catch((error: unknown) => {
              // One that could not be looked up just now is still there.
              if (isS4tError(error, "board.not-found")) removed.push(uuid);
            }),
          ),
        );
        return { changed: found.filter((board) => board !== undefined), removed };
      };
      let isLoading = false;
      // One at a time: of two at once the later might be told before the earlier, and stay.
      const load = async (): Promise<void> => {
        if (isLoading) return;
        isLoading = true;
        loadedMs = clock.monotonicMs();
        const uuids = [...waiting].slice(0, MAX_LOADED_AT_ONCE);
        for (const uuid of uuids) waiting.delete(uuid);
        push(await lookUp(uuids));
        isLoading = false;
        if (waiting.size > 0) loadSoon();
      };
      const loading = createGathering(clock, () => void load());
      const unsubscribe = subscribe((change) => {
        if (!sees(scope, change)) return;
        waiting.add(change.uuid);
        loadSoon();
      });
      const close = (): void => {
        waiting.clear();
        loading.cancel();
        unsubscribe();
      };
      const missed = cursor === undefined ? undefined : await since(scope, cursor);
      if (!missed) return { kind: "snapshot", data: { changed: [], removed: [] }, close };
      const ids = new Set(missed.filter((change) => sees(scope, change)).map(({ uuid }) => uuid));
      return { kind: "change", data: await lookUp([...ids]), close };
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
      let isLoading = false;
      let isStale = false;
      const load = async (): Promise<void> => {
        isStale = true;
        if (isLoading) return;
        isLoading = true;
        while (isStale) {
          isStale = false;
          const now = await boards.get(actor, scope, board.uuid).catch(() => undefined);
          if (now) push({ board: now }); // else it is gone since: nothing to show
        }
        isLoading = false;
      };
      const close = subscribe((change) => {
        if (change.uuid === board.uuid && sees(scope, change)) void load();
      });
      return { kind: "snapshot", data: { board }, close };
    },
    merge: (_earlier, later) => later,
  }),
];
