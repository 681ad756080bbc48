import type { Entry } from "./entry.ts";

export const boardsEntry = {
  to: "/$project/boards",
  word: "nav.boards",
  icon: "board",
  key: "b",
  minor: false,
  action: "board.list",
} as const satisfies Entry;
