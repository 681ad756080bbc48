import type { Entry } from "./entry.ts";

export const boardsEntry = {
  to: "/$project/boards",
  word: "nav.boards",
  icon: "board",
  minor: false,
  action: "board.list",
} as const satisfies Entry;
