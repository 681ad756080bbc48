// What the page of one board reads and does.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, MUTATION_WAIT_S } from "../../live/api.ts";
import { layBoard } from "../../live/boards.ts";
import type { Board, TargetSettings } from "../../live/contract.ts";

const TIMELINE_ROWS = 20;

export const boardKey = (uuid: string, part: string) => ["board", uuid, part] as const;

export const useBoard = (uuid: string) =>
  useQuery({
    queryKey: boardKey(uuid, "show"),
    queryFn: async ({ signal }) => {
      const board = await api().boards.show({ params: { uuid }, signal });
      layBoard(board);
      return board;
    },
  });

export const useTarget = (uuid: string) =>
  useQuery({
    queryKey: boardKey(uuid, "target"),
    queryFn: ({ signal }) => api().boards.target({ params: { uuid }, signal }),
  });

export const useTimeline = (uuid: string) =>
  useInfiniteQuery({
    queryKey: boardKey(uuid, "timeline"),
    queryFn: ({ pageParam, signal }) =>
      api().boards.timeline({
        params: { uuid },
        query: { limit: TIMELINE_ROWS, ...(pageParam ? { after: pageParam } : {}) },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

/** How often it is looked at what waits for a board and what it is refused: they are no part of what is told as it happens. */
const LINK_NEWS_MS = 10_000;
/** How the audit calls what a board was refused. */
export const REFUSED_ACTION = "link.refused";

/** Commands that wait for a board, the newest first. */
export const useWaitingJobs = (uuid: string) =>
  useQuery({
    queryKey: boardKey(uuid, "waiting"),
    queryFn: ({ signal }) =>
      api().operations.list({ query: { board: uuid, status: "queued" }, signal }),
    refetchInterval: LINK_NEWS_MS,
  });

/** What a board's link was refused last; null where nothing was. */
export const useLastRefusal = (uuid: string) =>
  useQuery({
    queryKey: boardKey(uuid, "refused"),
    queryFn: async ({ signal }) => {
      const query = { action: REFUSED_ACTION, resource: uuid, limit: 1 };
      return (await api().audit.list({ query, signal })).items[0] ?? null;
    },
    refetchInterval: LINK_NEWS_MS,
  });

export const useSeries = (uuid: string) =>
  useQuery({
    queryKey: boardKey(uuid, "series"),
    queryFn: ({ signal }) => api().observations.series({ params: { uuid }, signal }),
    refetchInterval: 60_000,
  });

export const useRange = (
  uuid: string,
  series: string,
  stretch: { readonly from: string; readonly to?: string },
  points: number,
) =>
  useQuery({
    queryKey: ["board", uuid, "range", series, stretch, points],
    queryFn: ({ signal }) =>
      api().observations.range({ params: { uuid }, query: { series, ...stretch, points }, signal }),
    // What lies in the past does not change.
    refetchInterval: stretch.to === undefined ? 60_000 : false,
    placeholderData: (previous) => (previous?.series === series ? previous : undefined),
  });

/** Puts a board that the cloud answered in place everywhere. */
const useTake = (uuid: string) => {
  const queries = useQueryClient();
  return (board: Board) => {
    layBoard(board);
    queries.setQueryData(boardKey(uuid, "show"), board);
    void queries.invalidateQueries({ queryKey: boardKey(uuid, "timeline") });
  };
};

export const useUpdate = (uuid: string) =>
  useMutation({
    meta: { quiet: true },
    mutationFn: ({
      rev,
      ...body
    }: {
      rev: number;
      name?: string;
      description?: string;
      location?: Board["location"];
      labels?: Board["labels"];
    }) => api().boards.update({ params: { uuid }, body, ifMatch: rev }),
    onSuccess: useTake(uuid),
  });

export const useRetire = (uuid: string) =>
  useMutation({
    mutationFn: () => api().boards.retire({ params: { uuid }, body: {} }),
    onSuccess: useTake(uuid),
  });

export const useRearm = (uuid: string) =>
  useMutation({ mutationFn: () => api().boards.rearm({ params: { uuid }, body: {} }) });

export const useSettings = (uuid: string) => {
  const queries = useQueryClient();
  return useMutation({
    meta: { quiet: true },
    mutationFn: (body: {
      sensors?: Partial<TargetSettings["sensors"]>;
      log?: Partial<TargetSettings["log"]>;
    }) => api().boards.settings({ params: { uuid }, body }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: boardKey(uuid, "target") }),
  });
};

export const commands = ["ping", "restart", "reboot"] as const;
export type Command = (typeof commands)[number];

export const useCommand = (uuid: string) => {
  const queries = useQueryClient();
  return useMutation({
    meta: { quiet: true },
    mutationFn: ({ command, queue }: { command: Command; queue: boolean }) =>
      api().boards[command]({
        params: { uuid },
        body: queue ? { deliver: "when-online" } : {},
        wait: MUTATION_WAIT_S,
      }),
    onSettled: () => {
      for (const part of ["timeline", "waiting"])
        void queries.invalidateQueries({ queryKey: boardKey(uuid, part) });
    },
  });
};
