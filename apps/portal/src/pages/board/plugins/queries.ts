// What the plugins of a board read.
import { useQuery } from "@tanstack/react-query";
import { api } from "../../../live/api.ts";

/** Plugins that are offered to inject: the choice is a list, not a search. */
const MAX_CHOICES = 500;
const MAX_VERSIONS = 50;

export const usePluginChoices = (project: string) =>
  useQuery({
    queryKey: ["plugins", project, "choices"],
    queryFn: async ({ signal }) =>
      (await api().plugins.list({ query: { limit: MAX_CHOICES }, signal })).items,
  });

export const useVersionChoices = (plugin: string | undefined) =>
  useQuery({
    queryKey: ["plugins", plugin, "version-choices"],
    queryFn: async ({ signal }) =>
      (
        await api().plugins.versions({
          params: { uuid: plugin ?? "" },
          query: { limit: MAX_VERSIONS },
          signal,
        })
      ).items,
    enabled: plugin !== undefined,
  });

/** A version: its manifest says the form of its parameters. It never changes. */
export const useManifest = (plugin: string, version: string) =>
  useQuery({
    queryKey: ["plugins", plugin, "version", version],
    queryFn: ({ signal }) => api().plugins.version({ params: { uuid: plugin, version }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** How often the board is asked how a plugin is, while somebody looks. */
const STATUS_EVERY_MS = 5_000;

export const usePluginStatus = (board: string, plugin: string, live: boolean) =>
  useQuery({
    queryKey: ["board", board, "plugin-status", plugin],
    queryFn: ({ signal }) => api().injections.status({ params: { uuid: board, plugin }, signal }),
    enabled: live,
    refetchInterval: STATUS_EVERY_MS,
    retry: false,
  });
