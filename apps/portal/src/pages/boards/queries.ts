// What the list of boards reads.
import { useInfiniteQuery } from "@tanstack/react-query";
import { api } from "../../live/api.ts";
import { layBoard } from "../../live/boards.ts";

/** Rows of one answer: a screen and a half, so that the first comes fast. */
const PAGE_ROWS = 60;

export const sorts = ["name", "-name", "seen", "-seen", "created", "-created"] as const;
export type Sort = (typeof sorts)[number];

export interface BoardFilter {
  readonly status: string | undefined;
  readonly q: string | undefined;
  readonly sort: Sort;
}

export const useBoards = (project: string, filter: BoardFilter) =>
  useInfiniteQuery({
    queryKey: ["boards", project, "list", filter],
    queryFn: async ({ pageParam, signal }) => {
      const { status, q, sort } = filter;
      const page = await api().boards.list({
        query: {
          limit: PAGE_ROWS,
          sort,
          ...(status ? { status } : {}),
          ...(q ? { q } : {}),
          ...(pageParam ? { after: pageParam } : {}),
        },
        signal,
      });
      for (const board of page.items) layBoard(board);
      return page;
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    placeholderData: (previous) => previous,
  });
