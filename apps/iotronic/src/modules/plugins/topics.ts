// What of plugins may be watched: how they are on a board, and what one of them writes, as it writes it.
import {
  type BoardId,
  fail,
  type Injection,
  PLUGIN_LINES_LEASE_S,
  type PluginLine,
  pluginsFeature,
  type ReportRow,
} from "@s4t/contract";
import { isS4tError, type Part } from "@s4t/kit";
import type { Change } from "../../edge/facts.ts";
import type { KnownBoard } from "../../edge/link.ts";
import { type AnyTopicSource, topicSource } from "../../edge/topics.ts";
import type { PluginsDependencies } from "./change.ts";
import type { Injections } from "./injections.ts";

/** Most lines that wait for one flush of a watcher: a plugin may write faster than anybody reads. */
export const MAX_LINES_PER_FLUSH = 1_000;

interface Lines {
  lines: PluginLine[];
  dropped: number;
}
type LinesRow = Extract<ReportRow, { kind: "lines" }>;

interface Followed {
  readonly board: BoardId;
  readonly plugin: string;
  readonly pushes: Set<(data: Lines) => void>;
  timer: { cancel(): void } | undefined;
}

export interface PluginTopics extends Part {
  readonly topics: readonly AnyTopicSource[];
  /** Lines that a board reports: for those who watch, and nobody else. */
  publish(board: KnownBoard, row: LinesRow): void;
  /** A board came: whoever follows its plugins wants their lines again. */
  renew(board: BoardId): void;
}

/** Makes them. */
export const createPluginTopics = (
  deps: PluginsDependencies,
  injections: Pick<Injections, "list" | "show">,
): PluginTopics => {
  const { clock, log, link, changes } = deps;
  const followed = new Map<string, Followed>();
  const keyOf = (board: string, plugin: string): string => `${board}/${plugin}`;

  const ask = ({ board, plugin }: Followed, leaseS: number): void => {
    const { follow } = pluginsFeature;
    const signal = AbortSignal.timeout(follow.timeoutMs);
    link()
      .command(board, follow, { plugin, leaseS }, { signal })
      .catch((error: unknown) => {
        // A board that is away, or has no such plugin yet, is no fault: the page says so already.
        if (!isS4tError(error)) log.warn("A plugin could not be followed", { board, error });
      });
  };

  /** Asks again at half the lease, as long as somebody watches. */
  const keepAsking = (entry: Followed): void => {
    ask(entry, PLUGIN_LINES_LEASE_S);
    entry.timer = clock.after((PLUGIN_LINES_LEASE_S / 2) * 1_000, () => keepAsking(entry));
  };

  const follow = (board: BoardId, plugin: string, push: (data: Lines) => void): (() => void) => {
    const key = keyOf(board, plugin);
    let entry = followed.get(key);
    if (!entry) {
      entry = { board, plugin, pushes: new Set(), timer: undefined };
      followed.set(key, entry);
      keepAsking(entry);
    }
    const { pushes } = entry;
    pushes.add(push);
    const own = entry;
    return () => {
      pushes.delete(push);
      if (pushes.size > 0 || followed.get(key) !== own) return;
      own.timer?.cancel();
      followed.delete(key);
      ask(own, 0);
    };
  };

  return {
    name: "plugin-topics",
    stop() {
      for (const { timer } of followed.values()) timer?.cancel();
      followed.clear();
    },
    topics: [
      topicSource<"plugins">({
        name: "plugins",
        action: "injection.list",
        async open({ actor, scope, argument, push }) {
          const { uuid } = await deps.wishes.find(scope, argument);
          const load = (plugin: string): void => {
            injections.show(actor, scope, uuid, plugin).then(
              (injection) => push({ changed: [injection], removed: [] }),
              () => push({ changed: [], removed: [plugin] }),
            );
          };
          const loadAll = (): void => {
            injections.list(actor, scope, uuid).then(
              ({ items }) => push({ changed: items, removed: [] }),
              () => {}, // gone since: nothing to show
            );
          };
          const close = changes.subscribe((change: Change) => {
            if (change.uuid !== uuid) return;
            if (change.noun === "injection") load(String(change.patch.plugin));
            // How entries of the target stand is told by the board's row.
            else if (change.noun === "board" && "targetReached" in change.patch) loadAll();
          });
          try {
            const { items } = await injections.list(actor, scope, uuid);
            return { kind: "snapshot", data: { changed: items, removed: [] }, close };
          } catch (error) {
            close();
            throw error;
          }
        },
        merge(earlier, later) {
          const byId = new Map<string, Injection>(
            [...earlier.changed, ...later.changed].map((each) => [each.plugin.uuid, each]),
          );
          for (const gone of later.removed) byId.delete(gone);
          const removed = [...new Set([...earlier.removed, ...later.removed])];
          return {
            changed: [...byId.values()],
            removed: removed.filter((id) => !byId.has(id)),
          };
        },
      }),
      topicSource<"lines">({
        name: "lines",
        action: "injection.lines",
        async open({ actor, scope, argument, push }) {
          const [board = "", plugin = ""] = argument.split("/");
          const { uuid } = await deps.wishes.find(scope, board);
          if (plugin === "") throw fail("plugin.not-injected");
          const { name } = (await injections.show(actor, scope, uuid, plugin)).plugin;
          return {
            kind: "snapshot",
            data: { lines: [], dropped: 0 },
            close: follow(uuid, name, push),
          };
        },
        merge(earlier, later) {
          const lines = [...earlier.lines, ...later.lines];
          const over = Math.max(0, lines.length - MAX_LINES_PER_FLUSH);
          return {
            lines: lines.slice(over),
            dropped: earlier.dropped + later.dropped + over,
          };
        },
      }),
    ],
    publish(board, { plugin, lines, dropped }) {
      const entry = followed.get(keyOf(board.uuid, plugin));
      if (entry) for (const push of entry.pushes) push({ lines: [...lines], dropped });
    },
    renew(board) {
      for (const entry of followed.values())
        if (entry.board === board) ask(entry, PLUGIN_LINES_LEASE_S);
    },
  };
};
