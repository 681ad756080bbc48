// Plugins as several pages need them: on boards, called, their lines.
import { callPlugin as callByClient, untilEnded } from "@s4t/sdk";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "./api.ts";
import type { Injection, Operation } from "./contract.ts";
import { useTopic } from "./events.ts";

/** Longest that the cloud holds an answer back; a start or stop that takes longer is asked for again. */
const HOLD_S = 30;
/** How often a page asks how injections are while one of them is on its way. */
const SETTLING_MS = 1_500;

const injectionsKey = (board: string) => ["board", board, "plugins"] as const;

const isSettling = ({ entry, state }: Injection): boolean =>
  entry.state === "waiting" || state === "preparing" || state === "stopping";

const injectionsQuery = (board: string) =>
  queryOptions({
    queryKey: injectionsKey(board),
    queryFn: async ({ signal }) =>
      (await api().injections.list({ params: { uuid: board }, signal })).items,
    refetchInterval: (query) => (query.state.data?.some(isSettling) ? SETTLING_MS : false),
  });

/** Plugins on a board, kept as the board reports them. */
export const useInjections = (project: string, board: string) => {
  const queries = useQueryClient();
  useTopic(`plugins:${board}`, project, ({ changed, removed }, kind) => {
    queries.setQueryData(injectionsKey(board), (present: Injection[] | undefined) => {
      const others = kind === "snapshot" ? [] : (present ?? []);
      const gone = new Set([...removed, ...changed.map(({ plugin }) => plugin.uuid)]);
      return [...others.filter(({ plugin }) => !gone.has(plugin.uuid)), ...changed].sort((a, b) =>
        a.plugin.name < b.plugin.name ? -1 : 1,
      );
    });
  });
  return useQuery(injectionsQuery(board));
};

const useAgain = (board: string) => {
  const queries = useQueryClient();
  return () => {
    void queries.invalidateQueries({ queryKey: injectionsKey(board) });
    void queries.invalidateQueries({ queryKey: ["plugins"] });
    void queries.invalidateQueries({ queryKey: ["board", board, "target"] });
  };
};

export interface InjectionWish {
  readonly plugin: string;
  readonly version?: string;
  readonly onBoot?: boolean;
  readonly restart?: Injection["restart"];
  readonly parameters?: Record<string, unknown>;
}

export const inject = (
  board: string,
  { plugin, ...body }: InjectionWish,
  signal?: AbortSignal,
): Promise<Injection> => api().injections.inject({ params: { uuid: board, plugin }, body, signal });

export const showInjection = (
  board: string,
  plugin: string,
  signal?: AbortSignal,
): Promise<Injection> => api().injections.show({ params: { uuid: board, plugin }, signal });

/** Every plugin of the project that one answer holds: what a person chooses from. */
export const usePluginChoices = (project: string) =>
  useQuery({
    queryKey: ["plugins", project, "choices"],
    queryFn: async ({ signal }) =>
      (await api().plugins.list({ query: { limit: 1_000 }, signal })).items,
  });

export const useInject = (board: string) =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (wish: InjectionWish) => inject(board, wish),
    onSuccess: useAgain(board),
  });

export const useTakeOff = (board: string) =>
  useMutation({
    mutationFn: (plugin: string) => api().injections.remove({ params: { uuid: board, plugin } }),
    onSuccess: useAgain(board),
  });

export interface CallWish {
  readonly plugin: string;
  readonly parameters: Record<string, unknown>;
  /** Ends the waiting: the page is left. */
  readonly signal: AbortSignal;
  /** Cancels the call, on the board too. */
  readonly cancel: AbortSignal;
}

/** Calls a plugin and answers the operation when it is over, however long that takes. */
export const callPlugin = (board: string, wish: CallWish): Promise<Operation> =>
  callByClient(api(), { board, ...wish });

export const acts = ["start", "stop", "restart"] as const;
export type Act = (typeof acts)[number];

export const actOnPlugin = async (
  board: string,
  plugin: string,
  act: Act,
  signal: AbortSignal,
): Promise<Operation> =>
  untilEnded(
    api(),
    await api().injections[act]({
      params: { uuid: board, plugin },
      body: {},
      wait: HOLD_S,
      signal,
    }),
    { signal },
  );

export const useAct = (board: string) =>
  useMutation({
    meta: { quiet: true },
    mutationFn: ({ plugin, act }: { plugin: string; act: Act }) =>
      actOnPlugin(board, plugin, act, new AbortController().signal),
    onSettled: useAgain(board),
  });
