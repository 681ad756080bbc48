// Operations and bulk operations: the list, one with its boards, and what begins or ends them.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "./api.ts";
import type { BulkActionName, BulkSelection } from "./contract.ts";
import { useTopic } from "./events.ts";

const ROWS = 100;

/** What a bulk operation is begun with. */
export interface BulkDraft {
  readonly action: BulkActionName;
  readonly selection: BulkSelection;
  readonly params?: Record<string, string>;
  readonly body?: unknown;
  readonly waitS?: number;
}

/** Reads operations again when one of them changes. */
export const useOperationsLive = (project: string): void => {
  const queries = useQueryClient();
  useTopic("operations", project, ({ changed }) => {
    if (changed.length > 0) void queries.invalidateQueries({ queryKey: ["operations", project] });
  });
};

export const useOperations = (project: string, status: string | undefined) =>
  useInfiniteQuery({
    queryKey: ["operations", project, "list", status],
    queryFn: ({ pageParam, signal }) =>
      api().operations.list({
        query: { limit: ROWS, status, after: pageParam || undefined },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    placeholderData: (previous) => previous,
  });

export const useOperation = (project: string, uuid: string) =>
  useQuery({
    queryKey: ["operations", project, uuid],
    queryFn: ({ signal }) => api().operations.show({ params: { uuid }, signal }),
  });

/** What a bulk operation was asked for. */
export const useBulk = (project: string, uuid: string, isBulk: boolean) =>
  useQuery({
    enabled: isBulk,
    queryKey: ["operations", project, uuid, "bulk"],
    queryFn: ({ signal }) => api().bulk.show({ params: { uuid }, signal }),
  });

export const useBulkBoards = (
  project: string,
  uuid: string,
  isBulk: boolean,
  status: string | undefined,
) =>
  useInfiniteQuery({
    enabled: isBulk,
    queryKey: ["operations", project, uuid, "boards", status],
    queryFn: ({ pageParam, signal }) =>
      api().bulk.boards({
        params: { uuid },
        query: { limit: ROWS, status, after: pageParam || undefined },
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    placeholderData: (previous) => previous,
  });

const useAgain = () => {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: ["operations"] });
};

export const useBulkPreview = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (body: BulkDraft) => api().bulk.start.preview({ body }),
  });

export const useStartBulk = () =>
  useMutation({
    meta: { quiet: true },
    mutationFn: (body: BulkDraft) =>
      api().bulk.start({ body, idempotencyKey: crypto.randomUUID() }),
    onSuccess: useAgain(),
  });

export const useCancelOperation = () =>
  useMutation({
    mutationFn: (uuid: string) => api().operations.cancel({ params: { uuid }, body: {} }),
    onSuccess: useAgain(),
  });
