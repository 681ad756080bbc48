// Fleets as several pages need them: the list, one of them, its boards, and who joins or leaves.
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api } from "./api.ts";
import { layBoard } from "./boards.ts";
import type { Board, Fleet } from "./contract.ts";
import { useTopic } from "./events.ts";

const ROWS = 100;

/** Reads fleets again when one of them changes, or boards come and leave. */
export const useFleetsLive = (project: string): void => {
  const queries = useQueryClient();
  useTopic("fleets", project, ({ changed, removed }) => {
    if (changed.length + removed.length > 0)
      void queries.invalidateQueries({ queryKey: ["fleets"] });
  });
};

export const useFleets = (project: string) =>
  useInfiniteQuery({
    queryKey: ["fleets", project, "list"],
    queryFn: ({ pageParam, signal }) =>
      api().fleets.list({ query: { limit: ROWS, after: pageParam || undefined }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

/** Every fleet of the project that one answer holds: what a person chooses from. */
export const useFleetChoices = (project: string) =>
  useQuery({
    queryKey: ["fleets", project, "choices"],
    queryFn: async ({ signal }) =>
      (await api().fleets.list({ query: { limit: 1_000 }, signal })).items,
  });

export const useFleet = (uuid: string) =>
  useQuery({
    queryKey: ["fleets", uuid, "show"],
    queryFn: ({ signal }) => api().fleets.show({ params: { uuid }, signal }),
  });

export const useFleetCounts = (uuid: string) =>
  useQuery({
    queryKey: ["fleets", uuid, "counts"],
    queryFn: ({ signal }) => api().boards.counts({ query: { fleet: uuid }, signal }),
    refetchInterval: 15_000,
  });

export const useFleetBoards = (uuid: string) =>
  useInfiniteQuery({
    queryKey: ["fleets", uuid, "boards"],
    queryFn: async ({ pageParam, signal }) => {
      const query = { fleet: uuid, limit: ROWS, after: pageParam || undefined };
      const page = await api().boards.list({ query, signal });
      for (const board of page.items) layBoard(board);
      return page;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

/** Boards that a text finds, for who puts them into a fleet. */
export const useBoardChoices = (project: string, text: string) =>
  useQuery({
    queryKey: ["boards", project, "choices", text],
    queryFn: async ({ signal }) =>
      (await api().boards.list({ query: { text: text || undefined, limit: 50 }, signal })).items,
    placeholderData: keepPreviousData,
  });

const useAgain = () => {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: ["fleets"] });
};

export interface FleetDraft {
  readonly name: string;
  readonly description: string;
}

export const useCreateFleet = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (body: FleetDraft): Promise<Fleet> => api().fleets.create({ body }),
    onSuccess: useAgain(),
  });

export const useChangeFleet = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: ({ fleet, ...body }: FleetDraft & { fleet: Fleet }) =>
      api().fleets.update({ params: { uuid: fleet.uuid }, body, ifMatch: fleet.rev }),
    onSuccess: useAgain(),
  });

export const useRemoveFleet = () =>
  useMutation({
    mutationFn: (uuid: string) => api().fleets.remove({ params: { uuid } }),
    onSuccess: useAgain(),
  });

const useTake = () => {
  const again = useAgain();
  const queries = useQueryClient();
  return (board: Board) => {
    layBoard(board);
    void queries.invalidateQueries({ queryKey: ["board", board.uuid] });
    again();
  };
};

export const useJoin = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: ({ board, fleet, priority }: { board: string; fleet: string; priority?: number }) =>
      api().fleetMembers.join({
        params: { uuid: board, fleet },
        body: priority === undefined ? {} : { priority },
      }),
    onSuccess: useTake(),
  });

export const useLeave = () =>
  useMutation({
    mutationFn: ({ board, fleet }: { board: string; fleet: string }) =>
      api().fleetMembers.leave({ params: { uuid: board, fleet } }),
    onSuccess: useTake(),
  });
