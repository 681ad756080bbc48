// Boards as they are now: lists and pages lay these over what they read, so that one board has one state everywhere.
import type { Board } from "@s4t/sdk";
import { createLiveStore, useLive } from "./store.ts";

export const liveBoards = createLiveStore<Board>();

/** Puts a board in place unless a later revision or a later report is there already. */
export const layBoard = (board: Board): void => {
  const present = liveBoards.get(board.uuid);
  if (present && present.rev > board.rev) return;
  liveBoards.put(board.uuid, board);
};

/** The live form of a board that was read earlier. */
export const useLiveBoard = (board: Board): Board => useLive(liveBoards, board.uuid) ?? board;
