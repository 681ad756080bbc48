// What the enrol wizard reads and does.
import { useMutation, useQuery } from "@tanstack/react-query";
import { api } from "../../live/api.ts";
import { layBoard } from "../../live/boards.ts";

/** The event socket tells when the board comes; this is for when the socket is away. */
const LOOK_MS = 5_000;

export const useCreate = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: ({ name, original }: { readonly name: string; readonly original: boolean }) =>
      api().boards.create({ body: { name, ...(original ? { agent: "original" as const } : {}) } }),
    onSuccess: ({ board }) => layBoard(board),
  });

export const useRearm = () =>
  useMutation({ mutationFn: (uuid: string) => api().boards.rearm({ params: { uuid }, body: {} }) });

export const useWaited = (uuid: string) =>
  useQuery({
    queryKey: ["board", uuid, "show"],
    queryFn: async ({ signal }) => {
      const board = await api().boards.show({ params: { uuid }, signal });
      layBoard(board);
      return board;
    },
    refetchInterval: ({ state }) => (state.data?.connectivity.connected ? false : LOOK_MS),
  });
