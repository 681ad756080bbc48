// Boards with their positions, page after page, up to what one canvas shows well.
import { useQuery } from "@tanstack/react-query";
import { api } from "../../live/api.ts";
import { layBoard } from "../../live/boards.ts";
import type { Board } from "../../live/contract.ts";

/** Rows of one answer: the most that the cloud gives. */
const PAGE_ROWS = 1_000;
/** Beyond this the cloud would have to count cells itself; the page says that it shows only the first. */
export const MAX_MAP_BOARDS = 5_000;

export const useMapBoards = (project: string, status: string | undefined) =>
  useQuery({
    queryKey: ["boards", project, "map", status],
    queryFn: async ({ signal }) => {
      const boards: Board[] = [];
      let after: string | null = null;
      do {
        const page: { items: Board[]; next: string | null } = await api().boards.list({
          query: { limit: PAGE_ROWS, ...(status ? { status } : {}), ...(after ? { after } : {}) },
          signal,
        });
        for (const board of page.items) layBoard(board);
        boards.push(...page.items);
        after = page.next;
      } while (after !== null && boards.length < MAX_MAP_BOARDS);
      return { boards, more: after !== null };
    },
    placeholderData: (previous) => previous,
  });
