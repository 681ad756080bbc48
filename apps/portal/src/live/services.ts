// Services as several pages need them: the catalogue, what is exposed, who is connected.
import {
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api } from "./api.ts";
import type { Connection, Exposure, Service } from "./contract.ts";
import { useTopic } from "./events.ts";

const ROWS = 100;
/** How often exposures are read again while a board has not taken one into its target, or a door is not open yet. */
const SETTLING_MS = 1_500;
const isSettling = ({ entry, door }: Exposure): boolean =>
  entry.state === "waiting" || (!door.open && door.problem === null);

export const useServices = (project: string) =>
  useInfiniteQuery({
    queryKey: ["services", project, "list"],
    queryFn: ({ pageParam, signal }) =>
      api().services.list({ query: { limit: ROWS, after: pageParam || undefined }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
  });

export const useAllExposures = (project: string) =>
  useInfiniteQuery({
    queryKey: ["services", project, "exposures"],
    queryFn: ({ pageParam, signal }) =>
      api().exposures.all({ query: { limit: ROWS, after: pageParam || undefined }, signal }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    refetchInterval: (query) =>
      query.state.data?.pages.some(({ items }) => items.some(isSettling)) ? SETTLING_MS : 15_000,
  });

const exposuresQuery = (board: string) =>
  queryOptions({
    queryKey: ["board", board, "services"],
    queryFn: async ({ signal }) =>
      (await api().exposures.list({ params: { uuid: board }, signal })).items,
    refetchInterval: (query) => (query.state.data?.some(isSettling) ? SETTLING_MS : 10_000),
  });

export const useExposures = (board: string) => useQuery(exposuresQuery(board));

const connectionsKey = (board: string) => ["board", board, "connections"] as const;

/** Who is connected to a board, kept as they come and leave. */
export const useConnections = (project: string, board: string) => {
  const queries = useQueryClient();
  useTopic(`connections:${board}`, project, ({ changed, removed }, kind) => {
    queries.setQueryData(connectionsKey(board), (present: Connection[] | undefined) => {
      const known = kind === "snapshot" ? [] : (present ?? []);
      const gone = new Set(removed);
      const byId = new Map([...known, ...changed].map((each) => [each.uuid, each]));
      return [...byId.values()].filter(({ uuid }) => !gone.has(uuid));
    });
  });
  return useQuery({
    queryKey: connectionsKey(board),
    queryFn: async ({ signal }) =>
      (await api().connections.list({ params: { uuid: board }, signal })).items,
  });
};

const useAgain = () => {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: ["services"] });
    void queries.invalidateQueries({
      predicate: ({ queryKey: [noun, , part] }) =>
        noun === "board" && ["services", "connections", "target"].includes(String(part)),
    });
  };
};

export interface CatalogueEntry {
  readonly name: string;
  readonly port: number;
  readonly host?: string | undefined;
  readonly description?: string | undefined;
}

export const useCreateService = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (body: CatalogueEntry): Promise<Service> => api().services.create({ body }),
    onSuccess: useAgain(),
  });

export const useChangeService = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: ({
      service,
      ...body
    }: {
      service: Service;
      port: number;
      host?: string | undefined;
      description?: string | undefined;
    }) => api().services.update({ params: { uuid: service.uuid }, body, ifMatch: service.rev }),
    onSuccess: useAgain(),
  });

export const useRemoveService = () =>
  useMutation({
    mutationFn: (uuid: string) => api().services.remove({ params: { uuid } }),
    onSuccess: useAgain(),
  });

export interface ExposeWish {
  readonly board: string;
  readonly service: string;
  readonly publicPort?: number | undefined;
  readonly sources?: string[] | undefined;
  readonly ttlS?: number | null | undefined;
}

export const useExpose = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: ({ board, service, ...body }: ExposeWish) =>
      api().exposures.expose({ params: { uuid: board, service }, body }),
    onSuccess: useAgain(),
  });

export const useWithdraw = () =>
  useMutation({
    mutationFn: ({ board, service }: { board: string; service: string }) =>
      api().exposures.withdraw({ params: { uuid: board, service } }),
    onSuccess: useAgain(),
  });

export const useCut = (board: string) =>
  useMutation({
    mutationFn: (connection: string) =>
      api().connections.cut({ params: { uuid: board, connection } }),
    onSuccess: useAgain(),
  });
