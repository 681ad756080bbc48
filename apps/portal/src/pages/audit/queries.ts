// The audit log: read it, and have it checked.
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { api, apiOf } from "../../live/api.ts";

export interface AuditFilter {
  readonly action: string | undefined;
  readonly actor: string | undefined;
}

export const useAudit = (project: string, { action, actor }: AuditFilter) =>
  useInfiniteQuery({
    queryKey: ["audit", project, action, actor],
    queryFn: ({ pageParam, signal }) =>
      api().audit.list({
        query: {
          ...(action ? { action } : {}),
          ...(actor ? { actor } : {}),
          ...(pageParam ? { after: pageParam } : {}),
        },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    placeholderData: (previous) => previous,
  });

export const useHead = (project: string) =>
  useQuery({
    queryKey: ["audit", project, "head"],
    queryFn: ({ signal }) => api().audit.head({ signal }),
  });

export const useVerify = () =>
  useMutation({ mutationFn: () => apiOf(undefined).audit.verify({ body: {} }) });
