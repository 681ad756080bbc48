// One's own sessions, tokens and password.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiOf } from "../../live/api.ts";
import { text } from "../../text/text.ts";
import { showToast } from "../../ui/toast.tsx";

const key = ["tokens"];

export const useTokens = () =>
  useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      apiOf(undefined).tokens.list({ query: pageParam ? { after: pageParam } : {}, signal }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });

const useAgain = () => {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: key });
};

export const useCreateToken = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (body: { name: string; expiresInS: number }) =>
      apiOf(undefined).tokens.create({ body }),
    onSuccess: useAgain(),
  });

export const useRevoke = () =>
  useMutation({
    mutationFn: (uuid: string) => apiOf(undefined).tokens.revoke({ params: { uuid } }),
    onSuccess: useAgain(),
  });

export const useEndOthers = () => {
  const again = useAgain();
  return useMutation({
    mutationFn: () => apiOf(undefined).tokens.endOthers(),
    onSuccess: ({ ended }) => {
      showToast({ tone: "ok", title: text("tokens.ended", { count: ended }) });
      again();
    },
  });
};

export const useChangePassword = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (body: { current: string; next: string }) =>
      apiOf(undefined).sessions.changePassword({ body }),
    onSuccess: useAgain(),
  });

const factorKey = ["second-factor"];

export const useSecondFactor = () =>
  useQuery({
    queryKey: factorKey,
    queryFn: ({ signal }) => apiOf(undefined).secondFactor.show({ signal }),
  });

/** Verbs of the second factor; each leaves the page to read anew how it stands. */
export const useFactorVerb = <Body, Reply>(
  verb: (api: ReturnType<typeof apiOf>["secondFactor"], body: Body) => Promise<Reply>,
) => {
  const queries = useQueryClient();
  return useMutation({
    meta: { quiet: true },
    mutationFn: (body: Body) => verb(apiOf(undefined).secondFactor, body),
    onSuccess: () => void queries.invalidateQueries({ queryKey: factorKey }),
  });
};
