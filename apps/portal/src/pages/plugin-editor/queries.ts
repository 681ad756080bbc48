// What the editor reads.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../live/api.ts";
import type { Board, PluginRuntime } from "../../live/contract.ts";
import { readPluginFiles } from "../../live/plugin-files.ts";

/** Boards that are offered to run on: the choice is a list, not a search. */
const MAX_CHOICES = 500;

const canRun = (board: Board, runtime: PluginRuntime): boolean =>
  typeof board.info?.plugins?.[runtime] === "string";

/** Boards that are there now and have the runtime. */
export const useRunnableBoards = (project: string, runtime: PluginRuntime) =>
  useQuery({
    queryKey: ["boards", project, "runnable"],
    queryFn: async ({ signal }) =>
      (
        await api().boards.list({
          query: { status: "online,degraded", limit: MAX_CHOICES, sort: "name" },
          signal,
        })
      ).items,
    select: (boards) => boards.filter((board) => canRun(board, runtime)),
    refetchInterval: 15_000,
  });

/** The latest version of a plugin with its files: what the next one begins with. */
export const useLatest = (uuid: string) =>
  useQuery({
    queryKey: ["plugins", uuid, "edit"],
    queryFn: async ({ signal }) => {
      const plugin = await api().plugins.show({ params: { uuid }, signal });
      return { plugin, files: await readPluginFiles(uuid, plugin.latest, signal) };
    },
    // What is being edited does not change under the hands.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });

export const usePluginsChanged = () => {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: ["plugins"] });
};
