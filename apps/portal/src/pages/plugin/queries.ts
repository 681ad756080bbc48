// What the page of one plugin reads and does.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../../live/api.ts";
import type { PluginVersion } from "../../live/contract.ts";
import { readPluginFiles } from "../../live/plugin-files.ts";

const ROWS = 50;

export const usePlugin = (uuid: string) =>
  useQuery({
    queryKey: ["plugins", uuid, "show"],
    queryFn: ({ signal }) => api().plugins.show({ params: { uuid }, signal }),
  });

export const useVersions = (uuid: string) =>
  useInfiniteQuery({
    queryKey: ["plugins", uuid, "versions"],
    queryFn: ({ pageParam, signal }) =>
      api().plugins.versions({
        params: { uuid },
        query: { limit: ROWS, after: pageParam || undefined },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

export const useVersion = (uuid: string, version: string) =>
  useQuery({
    queryKey: ["plugins", uuid, "version", version],
    queryFn: ({ signal }) => api().plugins.version({ params: { uuid, version }, signal }),
  });

export const useFiles = (uuid: string, version: PluginVersion) =>
  useQuery({
    queryKey: ["plugins", "files", version.version],
    queryFn: ({ signal }) => readPluginFiles(uuid, version, signal),
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });

export const usePluginBoards = (uuid: string) =>
  useInfiniteQuery({
    queryKey: ["plugins", uuid, "boards"],
    queryFn: ({ pageParam, signal }) =>
      api().plugins.boards({
        params: { uuid },
        query: { limit: ROWS, after: pageParam || undefined },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

export const useDescribe = (uuid: string) => {
  const queries = useQueryClient();
  return useMutation({
    meta: { quiet: true },
    mutationFn: ({ description, rev }: { description: string; rev: number }) =>
      api().plugins.update({ params: { uuid }, body: { description }, ifMatch: rev }),
    onSuccess: (plugin) => queries.setQueryData(["plugins", uuid, "show"], plugin),
  });
};

export const useRemovePlugin = (uuid: string) => {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api().plugins.remove({ params: { uuid } }),
    onSuccess: () => {
      queries.removeQueries({ queryKey: ["plugins", uuid] });
      void queries.invalidateQueries({ queryKey: ["plugins"] });
    },
  });
};

export const useRemoveVersion = (uuid: string) => {
  const queries = useQueryClient();
  return useMutation({
    meta: { quiet: true },
    mutationFn: (version: string) => api().plugins.removeVersion({ params: { uuid, version } }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["plugins", uuid] }),
  });
};
