// People: what the page reads and does.
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { apiOf } from "../../live/api.ts";
import { text } from "../../text/text.ts";
import { showToast } from "../../ui/toast.tsx";

export const useUsers = (name: string | undefined) =>
  useInfiniteQuery({
    queryKey: ["users", name],
    queryFn: ({ pageParam, signal }) =>
      apiOf(undefined).users.list({
        query: { ...(name ? { name } : {}), ...(pageParam ? { after: pageParam } : {}) },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    placeholderData: (previous) => previous,
  });

const useAgain = () => {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: ["users"] });
};

export const useCreateUser = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (body: { name: string; password: string; mail?: string; admin?: boolean }) =>
      apiOf(undefined).users.create({ body }),
    onSuccess: useAgain(),
  });

export const useChangeUser = () =>
  useMutation({
    mutationFn: ({
      uuid,
      rev,
      ...body
    }: {
      uuid: string;
      rev: number;
      status?: "active" | "disabled";
      admin?: boolean;
    }) => apiOf(undefined).users.update({ params: { uuid }, body, ifMatch: rev }),
    onSuccess: useAgain(),
  });

export const useResetFactor = () =>
  useMutation({
    mutationFn: (uuid: string) => apiOf(undefined).secondFactor.reset({ params: { uuid } }),
    onSuccess: useAgain(),
  });

export const useUnlock = () =>
  useMutation({
    mutationFn: (uuid: string) => apiOf(undefined).users.unlock({ params: { uuid } }),
    onSuccess: useAgain(),
  });

export const useEndSessions = () =>
  useMutation({
    mutationFn: (uuid: string) => apiOf(undefined).tokens.endOf({ params: { uuid } }),
    onSuccess: ({ ended }) =>
      showToast({ tone: "ok", title: text("tokens.ended", { count: ended }) }),
  });

export const useRemoveUser = () =>
  useMutation({
    mutationFn: (uuid: string) => apiOf(undefined).users.remove({ params: { uuid } }),
    onSuccess: useAgain(),
  });
